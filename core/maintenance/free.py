"""Freeing room: only what can be made again, only what nobody uses, and tags only for someone who is sure."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.temporary_files import sweep
from bddseg_tui.core.maintenance.disk_use import DELETED, Item, Progress, files_of, list_items, size_of
from bddseg_tui.core.runs.training_caches import unused
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.core.workspace.workspace import Workspace

FREEABLE = ("caches", "deleted", "gone", "all")
"""Training caches; what killed deletions and writers left; catalogs and indexes of datasets that are gone."""

_OLD_S = 86_400.0


@dataclass(frozen=True)
class Freed:
    """What was freed, and what was not with the reason."""

    items: tuple[Item, ...]
    kept: tuple[tuple[Item, str], ...]

    @property
    def bytes(self) -> int:
        """The bytes that were freed."""
        return sum(item.bytes for item in self.items)


def free(workspace: Workspace, words: Sequence[str], sure: bool = False, report: Progress | None = None) -> Freed:
    """Deletes what these words name: kinds (`FREEABLE`), or single items by their path below the workspace.

    Runs, chats and settings are never deleted, and a catalog with tags only where it is named and `sure`.

    Raises:
        UsageError: there is no such item, or it is not freed like this.
        BddsegError: something cannot be deleted.
    """
    items, freed, kept = list_items(workspace, report), list[Item](), list[tuple[Item, str]]()
    for item in _chosen(workspace, items, words):
        named = _name(workspace, item) in words
        if item.kind == "catalog" and item.tags != 0 and not (named and sure):
            many = "tags that cannot be counted" if item.tags is None else f"{item.tags:,} tags and verdicts"
            kept.append((item, f"it has {many}: `workspace free {_name(workspace, item)} --yes` deletes them too"))
        elif item.kind == "catalog" and not item.frees and not sure:
            kept.append((item, "its dataset may be there: --yes deletes it all the same"))
        elif why := _delete(item):
            kept.append((item, why))
        else:
            freed.append(item)
    return Freed(tuple(freed), tuple(kept))


def sweep_deleted(folders: Iterable[Path]) -> None:
    """Goes on with deletions that were killed, in these folders."""
    for folder in folders:
        with contextlib.suppress(OSError):
            for path in folder.glob(".deleted-*"):
                if not _being_deleted(path):
                    shutil.rmtree(path, ignore_errors=True)


def _chosen(workspace: Workspace, items: list[Item], words: Sequence[str]) -> list[Item]:
    by_name = {_name(workspace, item): item for item in items}
    chosen = list[Item]()
    for word in words:
        if word in FREEABLE:
            chosen += [i for i in items if i.frees and word in (i.frees, "all")]
            continue
        item = by_name.get(word.rstrip("/"))
        if item is None:
            near = suggestion(word, [*FREEABLE, *(n for n, i in by_name.items() if i.frees)])
            raise UsageError(f"nothing in the workspace is called {sanitize(word)!r}{near}: see `bddseg-tui workspace`")
        if item.kind not in ("cache", "catalog", "index", "deleted", "temporary"):
            raise UsageError(f"{sanitize(word)} is not freed: {_WAYS.get(item.kind, 'it is yours to delete')}")
        chosen.append(item)
    return list(dict.fromkeys(chosen))


_WAYS = {
    "run": "`bddseg-tui runs delete` deletes a run",
    "chats": "X in the Ask pane deletes a chat",
    "demo": "delete its folder",
}


def _name(workspace: Workspace, item: Item) -> str:
    return os.fspath(item.path.relative_to(workspace.root))


def _delete(item: Item) -> str:
    """Deletes an item; returns why it was kept instead, or ''."""
    try:
        if item.kind == "deleted" and _being_deleted(item.path):
            return "another process is deleting it"
        if item.kind == "temporary":
            return _delete_temporary(item)
        if item.kind == "cache":
            with unused(item.path) as free_now:
                return _take_away(item) if free_now else "a run uses it"
        if item.kind == "index":
            return _delete_index(item)
        return _take_away(item)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise disk_error(error, item.path, "deleted") from error


def _delete_temporary(item: Item) -> str:
    """By who makes it, where its name tells that; else by its age."""
    sweep([item.path.parent])
    if not os.path.lexists(item.path):
        return ""
    if item.path.suffix == ".part" and time.time() - item.path.lstat().st_mtime > _OLD_S:
        return _take_away(item)
    return "it is being written, or is younger than a day"


def _delete_index(item: Item) -> str:
    """An index has a folder for each model, and each may be being built."""
    with contextlib.ExitStack() as locks:
        for folder in sorted(p for p in item.path.iterdir() if p.is_dir()):
            if not locks.enter_context(unused(folder)):
                return "it is being built"
        return _take_away(item)


def _take_away(item: Item) -> str:
    """A folder's name goes first: what is left of an interrupted deletion is nothing that anybody opens."""
    if item.path.is_dir() and item.kind != "deleted":
        doomed = item.path.with_name(f".deleted-{item.path.name}-{os.getpid()}")
        item.path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
        left = doomed
    else:
        for path in files_of(item):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        left = item.path
    if os.path.lexists(left):
        raise BddsegError(f"{sanitize(left.name)} cannot be deleted wholly: {size_of(item):,} bytes are left")
    return ""


def _being_deleted(path: Path) -> bool:
    """Whether the process that its name tells still runs, and has run since before: ids are used again."""
    match = DELETED.fullmatch(path.name)
    if match is None or int(match[1]) == os.getpid():
        return False
    import psutil

    try:
        return psutil.Process(int(match[1])).create_time() <= path.lstat().st_ctime
    except (psutil.Error, OSError, OverflowError, ValueError):
        return False
