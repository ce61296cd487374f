"""Settings that the program remembers between starts. What makes no sense in the file counts as not set, and is told.

Checked by hand: the app reads them before it has the time to import pydantic.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.atomic import PRIVATE, write_text
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.files.file_lock import hold
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT, LeftOut
from bddseg_tui.core.files.toml_file import LARGEST, parse_toml
from bddseg_tui.core.retrieval.options import Retrieval, read_retrieval
from bddseg_tui.core.workspace.workspace import Workspace

Images = Literal["auto", "kitty", "iterm2", "sixel", "octant", "sextant", "quadrant", "halfblock", "none"]
IMAGES: tuple[Images, ...] = get_args(Images)
"""How pictures may be drawn; `auto` is whatever the terminal can."""
Colours = Literal["auto", "truecolor", "256", "16"]
COLOURS: tuple[Colours, ...] = get_args(Colours)
"""How many colours the terminal has; `auto` is what is known of it."""
CHARTS = ("auto", "braille", "blocks")
"""What curves are drawn in; `auto` is braille where the terminal is not known to have none."""
FEWEST_PICTURE_BYTES = 10_000
"""Of fewer nothing can be seen."""


@dataclass(frozen=True)
class Settings:
    """What is remembered.

    Attributes:
        dataset: the last one that was opened.
        theme: dark or light.
        images: how pictures are drawn in every terminal, written here by a person.
        colours: how many the terminal has.
        charts: what curves are drawn in.
        picture_bytes: the most that a picture may take, twice that where it fills the screen; 0 leaves it to the app.
        sides: the share (0..1) of the width that a pane's left side has, by pane, where it was moved.
        legend: whether the classes are listed beside a picture.
        seen: how pictures were chosen to be drawn, by the terminal's name.
        retrieval: how to search, and what answers.
    """

    dataset: str = ""
    theme: str = "dark"
    images: str = "auto"
    colours: str = "auto"
    charts: str = "auto"
    picture_bytes: int = 0
    sides: dict[str, float] = field(default_factory=dict)
    legend: bool = True
    seen: dict[str, str] = field(default_factory=dict)
    retrieval: Retrieval = field(default_factory=Retrieval)

    @property
    def dataset_path(self) -> Path | None:
        """The dataset that was opened last."""
        return Path(self.dataset) if self.dataset else None


def load_settings(workspace: Workspace) -> Settings:
    """The settings of a workspace; defaults where there are none, or none that can be read."""
    return check_settings(workspace)[0]


def check_settings(workspace: Workspace) -> tuple[Settings, LeftOut]:
    """The settings of a workspace, and which of them make no sense."""
    try:
        return _checked(_read(workspace.settings))
    except RecordError as error:
        return Settings(), NOTHING_LEFT_OUT.add(f"the whole file: {error}")
    except OSError as error:
        return Settings(), NOTHING_LEFT_OUT.add(f"the whole file: {disk_reason(error)}")


def save_settings(workspace: Workspace, **changes: Any) -> None:
    """Changes some settings; what other processes change meanwhile stays changed.

    Raises:
        BddsegError: they cannot be written; the old ones are still there.
    """
    if "dataset" in changes:
        try:
            changes["dataset"] = os.fsencode(changes["dataset"]).decode()
        except UnicodeDecodeError:
            del changes["dataset"]
    _change(workspace, lambda settings: replace(settings, **changes))


def save_images(workspace: Workspace, terminal: str, way: str | None) -> None:
    """Keeps how pictures are drawn in a terminal of this name, or forgets it; what is kept for others stays.

    It comes before what was chosen for every terminal, which is no longer then.

    Raises:
        BddsegError: the settings cannot be written.
    """

    def changed(settings: Settings) -> Settings:
        seen = {name: other for name, other in settings.seen.items() if name != terminal}
        if way is None:
            return replace(settings, seen=seen)
        return replace(settings, seen={**seen, terminal: way}, images="auto")

    _change(workspace, changed)


def _change(workspace: Workspace, change: Callable[[Settings], Settings]) -> None:
    import tomli_w

    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
        with _alone(workspace.root):
            # What is there and can't be read must not be replaced by defaults.
            settings = change(_kept(workspace.settings))
            write_text(workspace.settings, tomli_w.dumps(asdict(settings)), mode=PRIVATE)
    except OSError as error:
        raise disk_error(error, workspace.settings, "written (these settings are not kept)") from error


def _kept(path: Path) -> Settings:
    """What is there; a file that makes no sense is put aside, since a person may have written it."""
    try:
        return _checked(_read(path))[0]
    except RecordError:
        path.replace(path.with_name(f"{path.name}.damaged"))
        return Settings()


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_mode & 0o077:
            with contextlib.suppress(OSError):  # written by an earlier version
                path.chmod(PRIVATE)
        return parse_toml(read_regular(path, LARGEST).decode())
    except FileNotFoundError:
        return {}
    except UnicodeError as error:
        raise RecordError("it is not UTF-8") from error


def _checked(raw: dict[str, Any]) -> tuple[Settings, LeftOut]:
    good: dict[str, Any] = {}
    retrieval, left_out = read_retrieval(raw.get("retrieval", {}))
    for name, is_good in _GOOD.items():
        if name in raw and is_good(raw[name]):
            good[name] = raw[name]
        elif name in raw:
            left_out = left_out.add(f"{name} has none of its values")
    return Settings(**good, retrieval=retrieval), left_out


_GOOD: dict[str, Callable[[Any], bool]] = {
    "dataset": lambda v: isinstance(v, str) and "\0" not in v,
    "theme": lambda v: v in ("dark", "light"),
    "images": lambda v: v in IMAGES,
    "charts": lambda v: v in CHARTS,
    "colours": lambda v: v in COLOURS,
    "picture_bytes": lambda v: type(v) is int and (v == 0 or v >= FEWEST_PICTURE_BYTES),
    "sides": lambda v: isinstance(v, dict) and all(type(x) is float and 0 < x < 1 for x in v.values()),
    "legend": lambda v: isinstance(v, bool),
    "seen": lambda v: isinstance(v, dict) and all(way in IMAGES for way in v.values()),
}


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        hold(handle)
        yield
    finally:
        os.close(handle)
