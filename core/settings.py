"""Settings that the program remembers between starts. A damaged file counts as none: nothing in it is precious."""

import contextlib
import fcntl
import os
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from core.atomic import PRIVATE, write_text
from core.disk_errors import disk_error
from core.retrieval.options import Retrieval, read_retrieval
from core.workspace import Workspace


@dataclass(frozen=True)
class Settings:
    """`dataset` is the last one that was opened; `images` the picture protocol that was chosen by key."""

    dataset: str = ""
    theme: str = "dark"
    images: str = "auto"
    opacity: float = 0.5
    retrieval: Retrieval = field(default_factory=Retrieval)

    @property
    def dataset_path(self) -> Path | None:
        return Path(self.dataset) if self.dataset else None


def load_settings(workspace: Workspace) -> Settings:
    """The settings of a workspace; defaults where there are none, or none that can be read."""
    try:
        return _read(workspace.settings)
    except OSError:
        return Settings()


def save_settings(workspace: Workspace, **changes: Any) -> None:
    """Changes some settings; what other processes change meanwhile stays changed.

    Raises:
        BddsegError: they cannot be written; the old ones are still there.
    """
    import tomli_w

    if "dataset" in changes:
        try:
            changes["dataset"] = os.fsencode(changes["dataset"]).decode()
        except UnicodeDecodeError:
            del changes["dataset"]
    try:
        workspace.root.mkdir(parents=True, exist_ok=True)
        with _alone(workspace.root):
            # What is there and can't be read must not be replaced by defaults.
            settings = replace(_read(workspace.settings), **changes)
            write_text(workspace.settings, tomli_w.dumps(asdict(settings)), mode=PRIVATE)
    except OSError as error:
        raise disk_error(error, workspace.settings, "written (these settings are not kept)") from error


def _read(path: Path) -> Settings:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                with contextlib.suppress(OSError):  # written by an earlier version
                    os.fchmod(file.fileno(), PRIVATE)
            raw = tomllib.loads(file.read().decode())
    except FileNotFoundError:
        return Settings()
    except (ValueError, RecursionError):
        return Settings()
    defaults = asdict(Settings())
    plain = {k: raw[k] for k, v in defaults.items() if k != "retrieval" and isinstance(raw.get(k), type(v))}
    return Settings(**plain, retrieval=read_retrieval(raw.get("retrieval")))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
