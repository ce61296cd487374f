"""The workspace: the one folder that the program writes to."""

import contextlib
import functools
import os
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.folder_key import folder_key
from bddseg_tui.core.files.temporary_files import sweep, sweep_below
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.moved_datasets import dataset_key

MAP_FOLDER = "map"
"""Of the job that makes the map of an index, in that index's folder."""


@dataclass(frozen=True)
class Workspace:
    """Where runs, catalogs, caches and settings live. Folders are made when first asked for."""

    root: Path

    @property
    def runs(self) -> Path:
        """The folder of training runs."""
        return self._folder("runs")

    @property
    def catalogs(self) -> Path:
        """The folder of the datasets' catalogs."""
        return self._folder("catalogs")

    @property
    def cache(self) -> Path:
        """The folder of what can be made again."""
        return self._folder("cache")

    @property
    def chats(self) -> Path:
        """The folder of chats."""
        return self._folder("chats", private=True)

    def chats_about(self, dataset_root: Path) -> Path:
        """The folder of the chats about the dataset at this (resolved) folder."""
        _ = self.chats
        return self._folder(f"chats/{self.catalog_path(dataset_root).stem}", private=True)

    def views_path(self, dataset_root: Path) -> Path:
        """The file of the views that were saved of the dataset at this (resolved) folder; it may not exist."""
        return self._folder("views", private=True) / f"{dataset_key(self.root, dataset_root)}.json"

    @property
    def filter_history(self) -> Path:
        """The file of the filters that were used; it may not exist."""
        return self.root / "filter-history.txt"

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
        return self.catalogs / f"{dataset_key(self.root, dataset_root)}.sqlite"

    def index_path(self, dataset_root: Path, model: str) -> Path:
        """The folder of the index of a dataset by a CLIP model; it may not exist."""
        name = model.rstrip("/").rpartition("/")[2] or model
        return self._folder("index") / dataset_key(self.root, dataset_root) / folder_key(os.fsencode(model), name)

    def sweep(self) -> None:
        """Deletes what killed processes were writing, wherever they work here: for a thread, or a job's start."""
        for name in ("runs", "index", "cache", "chats", "catalogs", "label-errors"):
            sweep_below(self.root / name, 3)

    def _folder(self, name: str, private: bool = False) -> Path:
        folder = self.root / name
        try:
            folder.mkdir(0o700 if private else 0o777, parents=True, exist_ok=True)
            if private:
                _make_private(folder)
        except OSError as error:
            raise BddsegError(
                f"the workspace {sanitize_path(self.root)} cannot be used: {disk_reason(error)} "
                "(--workspace DIR or BDDSEG_WORKSPACE names another)"
            ) from error
        return _swept(folder)


@functools.cache
def _make_private(folder: Path) -> None:
    """Once a process, what earlier versions let everyone read is closed: the folder and the files in it."""
    with contextlib.suppress(OSError):  # on a disk that can only be read it stays as it is
        for path in (folder, *(p for p in folder.iterdir() if p.is_file() and not p.is_symlink())):
            mode = path.stat().st_mode
            if mode & 0o077:
                path.chmod(mode & 0o700)


@functools.cache
def _swept(folder: Path) -> Path:
    """Once a process, what killed ones were writing in a folder of the workspace is deleted."""
    sweep([folder, folder.parent])
    return folder


def open_workspace(root: Path | None = None) -> Workspace:
    """The workspace at `root`, or at BDDSEG_WORKSPACE, or at the platform's user data folder."""
    if root is None:
        if named := os.environ.get("BDDSEG_WORKSPACE"):
            root = typed_path(named)
        else:
            from platformdirs import user_data_path

            root = user_data_path("bddseg-tui")
    return Workspace(Path(os.path.abspath(typed_path(root))))  # noqa: PTH100 (resolve() would follow links)
