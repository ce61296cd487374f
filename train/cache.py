"""The training cache: images and masks decoded and resized once, as uint8 arrays mapped from disk.

No epoch decodes a JPEG. A split of a dataset has one cache for each training size, brought up to date in place: what is
new or has changed is read by all cores into slots that nobody uses (`core/runs/training_caches.py` has the files).
Nothing here imports torch: the workers that decode would each spend seconds on it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.area_runs import mark
from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.dataset import Dataset, Sample, list_samples
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask
from bddseg_tui.core.data.size_mismatch import size_mismatch
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.processes.parallel import map_unordered
from bddseg_tui.core.runs.confirmed_errors import WrongAreas
from bddseg_tui.core.runs.training_caches import INDEX, cache_name
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.train.cache_files import OpenFolder, map_slots, opened, write_slot
from bddseg_tui.train.cache_index import CacheIndex, Held, Read
from bddseg_tui.train.cached_split import CachedSplit, CachePart, chosen_places
from bddseg_tui.train.image_sizes import sizes_of

COMMIT_EVERY_S = 5.0
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Wanted:
    """Which samples of a split a cache shall hold: those of `only`, as paths relative to the dataset, or all.

    `limit` takes so many of them, spread evenly; `listed` says that a sample that is not among them is gone.
    """

    split: str
    excluded: frozenset[bytes]
    limit: int = 0
    only: frozenset[bytes] | None = None
    listed: bool = True


def open_cache(
    dataset: Dataset,
    split: str,
    size: tuple[int, int] | None,
    cache: Path,
    limit: int = 0,
    report: Progress | None = None,
    waiting: Callable[[], None] | None = None,
    excluded: frozenset[bytes] = frozenset(),
    wrong: Mapping[bytes, WrongAreas] | None = None,
) -> CachedSplit:
    """Opens the cache of a labelled split, brought up to date; `report(done, total)` may raise to cancel.

    Images are resized to `size` (height, width); where that is None each keeps its own, and there is a cache for every
    size that occurs. `limit` takes that many samples, spread evenly. Samples that cannot be read are left out and
    listed. What another process is adding is waited for: `waiting()` is called a few times a second, and may raise.
    Whoever trains on the cache meanwhile is neither waited for nor disturbed.

    `excluded` are images, as paths relative to the dataset, that are left out; `wrong` are by image areas that are
    ignored.

    Raises:
        BddsegError: no sample can be used, there are too many sizes, or the disk is full.
    """
    told = report or (lambda done, total: None), waiting or (lambda: None)
    if size is not None:
        part, held = _open_size(dataset, _Wanted(split, excluded, limit), size, cache, *told)
        _refuse_none(held.problems, len(held.slots), split)
        whole = np.zeros(len(held.slots), np.int64)
        found = CachedSplit((part,), whole, held.slots, held.counts, held.files, held.problems)
        return _without(found, wrong or {})
    samples = list(_samples(dataset, _Wanted(split, excluded)))
    _refuse_empty(samples, dataset, split, excluded)
    places = chosen_places(len(samples), limit)
    sizes, unreadable = sizes_of([samples[place] for place in places], dataset.root, told[1])
    _refuse_none(unreadable, len(sizes), split)
    opened_parts = []
    for one, only in sizes.items():
        wanted = _Wanted(split, excluded, only=only, listed=len(places) == len(samples))
        opened_parts.append(_open_size(dataset, wanted, one, cache, *told))
    order = {relative(samples[place].image, dataset.root): place for place in places}
    return _without(_joined(opened_parts, order, unreadable, split), wrong or {})


def _open_size(
    dataset: Dataset, wanted: _Wanted, size: tuple[int, int], cache: Path, report: Progress, wait: Callable[[], None]
) -> tuple[CachePart, Held]:
    """Opens the cache of one size, brought up to date."""
    path = cache / cache_name(dataset.root, wanted.split, size)
    try:
        with opened(path, dataset.root, size, wait) as folder:
            held = _brought_up_to_date(folder, dataset, wanted, report)
            images, masks = map_slots(path, size) if len(held.slots) else (_none(3, *size), _none(*size))
    except OSError as error:
        raise disk_error(error, error.filename or path) from error
    return CachePart(images, masks, folder.lock), held


def _joined(
    opened_parts: list[tuple[CachePart, Held]], order: dict[bytes, int], unreadable: list[str], split: str
) -> CachedSplit:
    """The split of several sizes, in the dataset's order (`order`: image -> place)."""
    helds = [held for _, held in opened_parts]
    problems = [*unreadable, *(problem for held in helds for problem in held.problems)]
    files = [file for held in helds for file in held.files]
    _refuse_none(problems, len(files), split)
    part = np.repeat(np.arange(len(helds)), [len(held.slots) for held in helds])
    rows = np.argsort([order[image] for image, _ in files], kind="stable")
    return CachedSplit(
        parts=tuple(part for part, _ in opened_parts),
        part=part[rows],
        slots=np.concatenate([held.slots for held in helds])[rows],
        counts=np.concatenate([held.counts for held in helds])[rows],
        files=[files[row] for row in rows],
        left_out=problems,
    )


def resize_sample(sample: Sample, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Decodes a sample and resizes it to (height, width): image uint8 [3, H, W], mask uint8 [H, W].

    Raises:
        BadFileError: the image or mask cannot be used.
    """
    height, width = size
    assert sample.mask is not None
    ids = read_mask(sample.mask)
    image = read_image(sample.image)
    if image.size != (ids.shape[1], ids.shape[0]):
        raise size_mismatch(sample.image, sample.mask, image.size, (ids.shape[1], ids.shape[0]))
    small = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    mask = Image.fromarray(ids).resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(small).transpose(2, 0, 1), np.asarray(mask)


def _without(split: CachedSplit, wrong: Mapping[bytes, WrongAreas]) -> CachedSplit:
    """The split with these areas ignored, by image."""
    sizes = [split.parts[part].size for part in split.part]
    ignored = {n: _pixels(wrong[image], sizes[n]) for n, (image, _) in enumerate(split.files) if image in wrong}
    if not ignored:
        return split
    counts = split.counts.copy()
    for number, pixels in ignored.items():
        counts[number] -= np.bincount(split.mask(number).reshape(-1)[pixels], minlength=NUM_CLASSES)
    return replace(split, counts=counts, ignored=ignored)


def _pixels(wrong: WrongAreas, size: tuple[int, int]) -> NDArray[np.int64]:
    """The pixels of these areas at the cached size (height, width), taken as those of masks are."""
    where = np.zeros(wrong.size[::-1], np.uint8)
    mark(where, wrong.runs, 1)
    small = Image.fromarray(where).resize(size[::-1], Image.Resampling.NEAREST)
    return np.flatnonzero(np.asarray(small))


def _brought_up_to_date(folder: OpenFolder, dataset: Dataset, wanted: _Wanted, report: Progress) -> Held:
    for attempt in (1, 2):
        try:
            with CacheIndex(folder.path / INDEX, dataset.root) as index:
                count = index.list_files(_samples(dataset, wanted), wanted.limit)
                _refuse_empty(count, dataset, wanted.split, wanted.excluded)
                if index.slots_needed() <= folder.capacity():
                    if index.missing():
                        _fill(folder, index, report, forget=wanted.listed)
                    return index.held()
        except sqlite3.DatabaseError as error:
            # A full disk is an OperationalError; what is damaged is a DatabaseError, and only a cache.
            if attempt == 2 or isinstance(error, sqlite3.OperationalError):
                why = "the disk is full: make room" if "full" in str(error) else sanitize(str(error))
                raise BddsegError(f"{sanitize_path(folder.path / INDEX)} cannot be written: {why}") from error
        folder.clear()
    raise BddsegError(f"{sanitize_path(folder.path)} changes while it is used: try again")


def _refuse_empty(count: object, dataset: Dataset, split: str, excluded: frozenset[bytes]) -> None:
    if not count:
        left = f" but the {len(excluded):,} that are excluded" if excluded else ""
        raise BddsegError(f"{sanitize_path(dataset.root)} has no images with masks in its {split} split{left}")


def _refuse_none(problems: list[str], usable: int, split: str) -> None:
    if not usable:
        raise BddsegError(
            f"none of the {len(problems)} images of {split} can be used; the first: {problems[0]} "
            "(`bddseg-tui data check` lists all)"
        )


def _samples(dataset: Dataset, wanted: _Wanted) -> Iterator[Sample]:
    """The labelled samples that are wanted, in the dataset's order."""
    found = list_samples(replace(dataset, splits=tuple(f for f in dataset.splits if f.split == wanted.split)))
    for sample in found:
        if sample.mask is None:
            continue
        if wanted.excluded or wanted.only is not None:
            image = relative(sample.image, dataset.root)
            if image in wanted.excluded or (wanted.only is not None and image not in wanted.only):
                continue
        yield sample


@dataclass(frozen=True)
class _Task:
    place: int
    slot: int
    sample: Sample
    size: tuple[int, int]
    folder: Path


def _fill(folder: OpenFolder, index: CacheIndex, report: Progress, forget: bool) -> None:
    """Reads what is missing into slots that nobody uses, committed every few seconds."""
    if folder.alone and forget:
        index.forget_stale()
    total = index.missing()
    slots = _free_slots(folder, index, total)
    report(0, total)
    tasks = (
        _Task(place, slot, sample, folder.size, folder.path)
        for slot, (place, sample) in zip(slots, index.samples_to_read(), strict=False)
    )
    batch: list[Read] = []
    committed = time.monotonic()
    try:
        results = map_unordered(_read, tasks, None if total > 32 else 1, 8)
        for done, (task, counts, problem) in enumerate(results, start=1):
            batch.append((task.place, None if problem else task.slot, counts, problem))
            if time.monotonic() - committed > COMMIT_EVERY_S:
                _commit(folder, index, batch)
                batch, committed = [], time.monotonic()
            report(done, total)
    except BrokenProcessPool as error:
        raise BddsegError("a process that reads images was killed, as happens where memory runs out: resume") from error
    finally:
        _commit(folder, index, batch)


def _free_slots(folder: OpenFolder, index: CacheIndex, count: int) -> Iterator[int]:
    """`count` slots that no image is in; where others read the cache, new ones alone, since they may use any other."""
    capacity = folder.capacity()
    free = np.setdiff1d(np.arange(capacity), index.used_slots()) if folder.alone else np.array([], np.int64)
    folder.grow(capacity + max(0, count - len(free)))
    return chain((int(slot) for slot in free), range(capacity, capacity + count))


def _commit(folder: OpenFolder, index: CacheIndex, batch: list[Read]) -> None:
    if batch:
        folder.sync()
        index.put(batch)


def _read(task: _Task) -> tuple[_Task, NDArray[np.int64] | None, str | None]:
    try:
        image, mask = resize_sample(task.sample, task.size)
    except BadFileError as error:
        return task, None, str(error)
    write_slot(task.folder, task.slot, image, mask)
    return task, np.bincount(mask.ravel(), minlength=NUM_CLASSES), None


def _none(*shape: int) -> NDArray[np.uint8]:
    return np.zeros((0, *shape), np.uint8)
