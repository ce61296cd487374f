"""Telling the program that a dataset has moved: tags, scores, index, chats and runs go on at the new place.

What is kept of a dataset stays where it is in the workspace; which place it belongs to is said by one file
(`core.workspace.moved_datasets`) that is replaced at once. All else is done before that, where it is not seen yet.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.merge import image_names, merge, recorded_root
from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.saved_views import merge_views
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.runs.run import list_runs
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.settings import load_settings, save_settings
from bddseg_tui.core.workspace.moved_datasets import Places, dataset_key, present_place, read_places, write_places
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Moved:
    """A dataset that goes on elsewhere: how many of its samples are there, and what goes on with it."""

    old: Path
    new: Path
    samples: int
    missing: int
    tags: int
    runs: int


def move_dataset(workspace: Workspace, old: Path, new: Path, force: bool = False) -> list[Moved]:
    """Lets what is known of each dataset at or below `old`, which need not exist any more, go on at `new`.

    What was already known at the new place is added to it. A kill leaves everything at the old place or at the new
    one; the same command may be given again.

    Raises:
        UsageError: nothing is known of a dataset there.
        BddsegError: there is none at the new place, or, without `force`, one with few of the same images; or the
            workspace cannot be written.
    """
    old, new = (Path(os.path.abspath(typed_path(p))) for p in (old, new))  # noqa: PTH100 (links keep their names)
    if old == new:
        raise UsageError("the old folder and the new one are the same")
    if roots := _known_below(workspace, old):
        return [_move(workspace, root, _new_root(old, root, new), force) for root in roots]
    root = open_dataset(new).root
    if present_place(workspace.root, old) == root:
        _bring_settings(workspace, old, root)
        return [_summary(workspace, old, root, 0)]
    raise UsageError(f"nothing is known of a dataset at {sanitize_path(old)}: was it opened by another path?")


def _known_below(workspace: Workspace, old: Path) -> list[Path]:
    """The folders at or below `old` of which something is kept."""
    found = {run.dataset for run in list_runs(workspace) if not run.problem}
    found |= {place for _, place in read_places(workspace.root)}
    for path in workspace.catalogs.glob("*.sqlite"):
        root = recorded_root(path)
        if root is not None and dataset_key(workspace.root, root) == path.stem:
            found.add(root)
    # Catalogs of earlier versions do not say whose they are.
    for root in (old, old / "bdd100k"):
        key = dataset_key(workspace.root, root)
        if (workspace.catalogs / f"{key}.sqlite").exists() or (workspace.root / "index" / key).exists():
            found.add(root)
    return sorted(root for root in found if root.is_relative_to(old))


def _new_root(old: Path, root: Path, new: Path) -> Path:
    inner = new / root.relative_to(old)
    return open_dataset(inner if inner.is_dir() else new).root


def _move(workspace: Workspace, old: Path, new: Path, force: bool) -> Moved:
    key, other = dataset_key(workspace.root, old), dataset_key(workspace.root, new)
    path, there = workspace.catalogs / f"{key}.sqlite", workspace.catalogs / f"{other}.sqlite"
    known = image_names(path, old) if path.exists() else set()
    listed = {relative(s.image, new) for s in list_samples(open_dataset(new))}
    common = len(known & listed)
    if known and not force and 2 * common < min(len(known), len(listed)):
        raise BddsegError(
            f"{sanitize_path(new)} looks like another dataset: of {len(known):,} images that are known of "
            f"{sanitize_path(old)} it has {common:,} (--force takes it for the same)"
        )
    if there.exists():
        merge(path, there, new)
    _bring_chats(workspace, key, other)
    _bring_index(workspace, key, other)
    views = workspace.views_path(new).parent
    merge_views(views / f"{key}.json", views / f"{other}.json")
    # All that went before is not seen before this, which is done at once.
    _note(workspace.root, key, other, old, new)
    _bring_settings(workspace, old, new)
    return _summary(workspace, old, new, len(known - listed))


def _summary(workspace: Workspace, old: Path, new: Path, missing: int) -> Moved:
    path = workspace.catalog_path(new)
    samples = len(image_names(path, new)) - missing if path.exists() else 0
    tags = len(Catalog(path, new).tags()) if path.exists() else 0
    runs = sum(not run.problem and run.dataset == new for run in list_runs(workspace))
    return Moved(old=old, new=new, samples=samples, missing=missing, tags=tags, runs=runs)


def _note(workspace: Path, key: str, other: str, old: Path, new: Path) -> None:
    """Writes where things are now: what had the old place has the new one, and so has what was kept of that."""
    places: Places = [(k, new if place == old else place) for k, place in read_places(workspace) if k != other]
    if key not in {k for k, _ in places}:
        places.append((key, new))
    # The moved dataset's own key comes before that of what was kept at its new place before it came.
    write_places(workspace, [*places, (other, new)])


def _bring_chats(workspace: Workspace, key: str, other: str) -> None:
    """Gives the chats at the new place a second name among those of the old one."""
    source, target = workspace.chats / other, workspace.chats / key
    if not source.is_dir():
        return
    try:
        target.mkdir(0o700, exist_ok=True)
        for chat in sorted(source.glob("*.jsonl")):
            name = next(p for p in _names(target, chat) if not p.exists() or p.samefile(chat))
            if not name.exists():
                name.hardlink_to(chat)
    except OSError as error:
        raise disk_error(error, target) from error


def _names(folder: Path, chat: Path) -> Iterator[Path]:
    yield folder / chat.name
    for number in count(2):
        yield folder / f"{chat.stem}-{number}{chat.suffix}"


def _bring_index(workspace: Workspace, key: str, other: str) -> None:
    """An index that was built at the new place alone."""
    source, target = workspace.root / "index" / other, workspace.root / "index" / key
    if source.is_dir() and not target.exists():
        try:
            source.rename(target)
        except OSError as error:
            raise disk_error(error, target) from error


def _bring_settings(workspace: Workspace, old: Path, new: Path) -> None:
    last = load_settings(workspace).dataset_path
    with contextlib.suppress(BddsegError):
        if last is not None and (last == old or old.is_relative_to(last)):
            save_settings(workspace, dataset=os.fspath(new))
