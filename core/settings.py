"""Settings that the program remembers between starts. A damaged file counts as none: nothing in it is precious."""

import contextlib
import os
import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from core.atomic import write_text
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
    """The settings of a workspace; defaults where there are none."""
    try:
        raw = tomllib.loads(workspace.settings.read_text("utf-8"))
    except (OSError, ValueError):
        return Settings()
    defaults = asdict(Settings())
    plain = {k: raw[k] for k, v in defaults.items() if k != "retrieval" and isinstance(raw.get(k), type(v))}
    return Settings(**plain, retrieval=read_retrieval(raw.get("retrieval")))


def save_settings(workspace: Workspace, **changes: Any) -> None:
    """Changes some settings. That they cannot be written must not keep anyone from working."""
    import tomli_w

    if "dataset" in changes:
        try:
            changes["dataset"] = os.fsencode(changes["dataset"]).decode()
        except UnicodeDecodeError:
            del changes["dataset"]
    with contextlib.suppress(OSError):
        workspace.root.mkdir(parents=True, exist_ok=True)
        write_text(
            workspace.settings, tomli_w.dumps(asdict(replace(load_settings(workspace), **changes))), durable=False
        )
