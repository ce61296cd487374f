"""The workspace: the one folder that the program writes to."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import BddsegError
from core.sanitize import sanitize_path


@dataclass(frozen=True)
class Workspace:
    """Where runs, catalogs, caches and settings live. Folders are made when first asked for."""

    root: Path

    @property
    def runs(self) -> Path:
        return self._folder("runs")

    @property
    def catalogs(self) -> Path:
        return self._folder("catalogs")

    @property
    def cache(self) -> Path:
        return self._folder("cache")

    @property
    def demo(self) -> Path:
        """Where the demo dataset goes unless it is told otherwise."""
        return self.root / "demo"

    @property
    def settings(self) -> Path:
        """The settings file (TOML); it may not exist."""
        return self.root / "settings.toml"

    def catalog_path(self, dataset_root: Path) -> Path:
        """The catalog's file for the dataset at this (resolved) folder."""
        import hashlib

        raw = os.fsencode(dataset_root)
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in dataset_root.name)[:40]
        return self.catalogs / f"{name}-{hashlib.sha256(raw).hexdigest()[:12]}.sqlite"

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BddsegError(
                f"the workspace {sanitize_path(self.root)} cannot be written ({error.strerror}): "
                "name another with --workspace DIR or BDDSEG_WORKSPACE"
            ) from error
        return folder


def open_workspace(root: Path | None = None) -> Workspace:
    """The workspace at `root`, or at BDDSEG_WORKSPACE, or at the platform's user data folder."""
    if root is None:
        if named := os.environ.get("BDDSEG_WORKSPACE"):
            root = Path(named)
        else:
            from platformdirs import user_data_path

            root = user_data_path("bddseg-tui")
    return Workspace(Path(os.path.abspath(root.expanduser())))  # noqa: PTH100 (resolve() would follow links)
