"""What takes room in the workspace, item by item: what it is of, how much it takes, and whether it can be freed."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bddseg_tui.core.data.catalog.glance import count_tags
from bddseg_tui.core.data.catalog.merge import recorded_root
from bddseg_tui.core.runs.run import list_runs
from bddseg_tui.core.runs.training_caches import list_caches
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.workspace.moved_datasets import dataset_key, present_place
from bddseg_tui.core.workspace.workspace import Workspace

Kind = Literal["run", "cache", "catalog", "index", "chats", "deleted", "temporary", "demo", "log", "other"]
Word = Literal["", "caches", "deleted", "gone"]
Progress = Callable[[int, int], None]
DELETED = re.compile(r"\.(?:deleted-.+-|\d+x\d+-[0-9a-f]{16}\.)(\d+)")
"""A folder that a process (its id) was deleting, or a cache that one of an earlier version was building."""
_CACHE = re.compile(r"(?:v\d+-(?P<split>\w+)-)?(?P<size>\d+x\d+)-[0-9a-f]{16}")
_UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class Item:
    """Something in the workspace.

    Attributes:
        kind: what it is.
        path: where it is; a catalog has files of the same name with -wal and -shm beside it.
        what: what it is of, sanitized.
        bytes: what it takes on the disk.
        frees: the word that frees it; '' where only its owner may delete it.
        tags: how many tags and verdicts were given to a catalog's samples; None where that cannot be told.
    """

    kind: Kind
    path: Path
    what: str
    bytes: int
    frees: Word = ""
    tags: int | None = 0


def list_items(workspace: Workspace, report: Progress | None = None) -> list[Item]:
    """Everything in the workspace, what takes most first; `report` hears how many items are measured, of how many.

    Raises:
        BddsegError: the workspace cannot be read.
    """
    found = list(_found(workspace))
    items = []
    for done, item in enumerate(found, start=1):
        items.append(
            Item(kind=item.kind, path=item.path, what=item.what, bytes=size_of(item), frees=item.frees, tags=item.tags)
        )
        if report:
            report(done, len(found))
    return sorted(items, key=lambda i: (-i.bytes, i.path))


def size_of(item: Item) -> int:
    """Bytes that it takes on the disk."""
    return sum(_size(path) for path in files_of(item))


def files_of(item: Item) -> list[Path]:
    """The files or folders that an item is."""
    if item.kind == "catalog":
        return [item.path.with_name(item.path.name + end) for end in ("", "-wal", "-shm", "-journal")]
    return [item.path]


def _found(workspace: Workspace) -> Iterator[Item]:
    roots = _roots(workspace)
    yield from _in_runs(workspace)
    for cache in list_caches(workspace.cache):
        name = _CACHE.fullmatch(cache.folder.name)
        of = sanitize_path(cache.dataset) if cache.dataset else "a dataset"
        split = f", {name['split']}" if name and name["split"] else ""
        earlier = ", of an earlier version" if cache.earlier else ""
        yield Item("cache", cache.folder, f"{of}{split} at {name['size'] if name else '?'}{earlier}", 0, "caches")
    for path in sorted(workspace.catalogs.glob("*.sqlite")):
        root = roots.get(path.stem)
        gone: Word = "gone" if _is_gone(root) else ""
        yield Item(kind="catalog", path=path, what=_told(root, path.stem), bytes=0, frees=gone, tags=count_tags(path))
    for path in _folders(workspace.root / "index"):
        if path.name.startswith("."):
            continue
        root = roots.get(path.name)
        yield Item("index", path, _told(root, path.name), 0, "gone" if _is_gone(root) else "")
    if (workspace.root / "chats").is_dir():
        yield Item("chats", workspace.root / "chats", "what was asked and answered", 0)
    if workspace.demo.is_dir():
        yield Item("demo", workspace.demo, "the demo dataset: `demo` draws it again", 0)
    yield from _deleted(workspace)
    yield from _unfinished(workspace)
    for path in sorted(workspace.root.glob("*.log*")):
        yield Item("log", path, "mistakes of the program", 0)


def _in_runs(workspace: Workspace) -> Iterator[Item]:
    for run in list_runs(workspace):
        live = f", {state}" if (state := run.status.state) in ("starting", "running") else ""
        yield Item("run", run.folder, f"{run.name} on {run.shown_dataset}{live}", 0)


def _deleted(workspace: Workspace) -> Iterator[Item]:
    """What killed deletions left, wherever folders are deleted."""
    evaluations = (run.folder / "evaluation" for run in list_runs(workspace))
    for folder in (workspace.runs, workspace.cache, workspace.root / "index", *evaluations):
        for path in _folders(folder):
            if DELETED.fullmatch(path.name):
                yield Item("deleted", path, "left by a process that was killed", 0, "deleted")


def _unfinished(workspace: Workspace) -> Iterator[Item]:
    """What writers left, below the workspace's folders but not below those of runs, which sweep their own."""
    for name in ("cache", "catalogs", "index", "runs", ""):
        folder = workspace.root / name
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        for path in entries:
            if path.name.endswith(_UNFINISHED) and not path.is_symlink():
                yield Item("temporary", path, "was being written", 0, "deleted")


def _roots(workspace: Workspace) -> dict[str, Path]:
    """Where the datasets are now of which something is kept, by their key."""
    found = {dataset_key(workspace.root, run.dataset): run.dataset for run in list_runs(workspace) if not run.problem}
    for path in workspace.catalogs.glob("*.sqlite"):
        if (root := recorded_root(path)) is not None:
            found[path.stem] = present_place(workspace.root, root, path.stem)
    return found


def _is_gone(root: Path | None) -> bool:
    """Whether a dataset's folder is known and is not there."""
    return root is not None and not os.path.lexists(root)


def _told(root: Path | None, key: str) -> str:
    if root is None:
        return f"{sanitize(key)}: which dataset is not known"
    return sanitize_path(root) + (" (gone)" if _is_gone(root) else "")


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())


def _size(path: Path) -> int:
    """Blocks that are taken, without following links; what goes away meanwhile takes none."""
    try:
        status = path.lstat()
        total = status.st_blocks * 512
        if path.is_dir() and not path.is_symlink():
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        total += _size(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0
    return total
