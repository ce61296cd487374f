"""The training cache: images and masks decoded and resized once, as uint8 arrays mapped from disk.

No epoch decodes a JPEG. A split of a dataset has one cache for each training size, brought up to date in place: what is
new or has changed is read by all cores into slots that nobody uses (`core/runs/training_caches.py` has the files).
Nothing here imports torch: the workers that decode would each spend seconds on it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
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

COMMIT_EVERY_S = 5.0
IGNORED = 255
"""Value of pixels that are not learnt from: the `IGNORE_INDEX` of the losses, which torch stands behind."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CachedSplit:
    """A split at the training size, N samples in the dataset's order.

    Attributes:
        images: all slots of the cache, mapped from disk: uint8 [S, 3, H, W].
        masks: uint8 [S, H, W], values 0..19.
        slots: the sample's slots, int64 [N].
        counts: pixels of each of these samples by class, int64 [N, 20].
        files: image and mask of each, as paths below the dataset's root.
        left_out: what is wrong with the samples that cannot be used.
        lock: as long as it is open, no slot of these is written again.
        ignored: of some samples, by their number, the pixels that are not learnt from: int64, counted along the rows.
            They stand in no slot, so that runs that ignore others share the cache, and are left out of `counts`.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    slots: NDArray[np.int64]
    counts: NDArray[np.int64]
    files: list[tuple[bytes, bytes]]
    left_out: list[str]
    lock: int
    ignored: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    def mask(self, number: int) -> NDArray[np.uint8]:
        """A sample's mask, uint8 [H, W], with IGNORED where nothing is learnt."""
        mask: NDArray[np.uint8] = self.masks[self.slots[number]]
        if (pixels := self.ignored.get(number)) is not None:
            mask = mask.copy()
            mask.reshape(-1)[pixels] = IGNORED
        return mask

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def pixels(self) -> NDArray[np.int64]:
        """Pixels of all these samples by class, int64 [20]."""
        return self.counts.sum(axis=0)  # type: ignore[no-any-return]

    @property
    def holding(self) -> NDArray[np.int64]:
        """By class, all pixels of those samples that hold it, int64 [20]."""
        return self.counts.sum(axis=1) @ (self.counts > 0)  # type: ignore[no-any-return]


def open_cache(
    dataset: Dataset,
    split: str,
    size: tuple[int, int],
    cache: Path,
    limit: int = 0,
    report: Progress | None = None,
    waiting: Callable[[], None] | None = None,
    excluded: frozenset[bytes] = frozenset(),
    wrong: Mapping[bytes, WrongAreas] | None = None,
) -> CachedSplit:
    """Opens the cache of a labelled split, brought up to date; `report(done, total)` may raise to cancel.

    `limit` takes that many samples, spread evenly. Samples that cannot be read are left out and listed. What another
    process is adding is waited for: `waiting()` is called a few times a second, and may raise. Whoever trains on the
    cache meanwhile is neither waited for nor disturbed.

    `excluded` are images, as paths relative to the dataset, that are left out; `wrong` are by image areas that are
    ignored.

    Raises:
        BddsegError: no sample can be used, or the disk is full.
    """
    report = report or (lambda done, total: None)
    path = cache / cache_name(dataset.root, split, size)
    try:
        with opened(path, dataset.root, size, waiting or (lambda: None)) as folder:
            held = _brought_up_to_date(folder, dataset, (split, limit, excluded), report)
            images, masks = map_slots(path, size) if len(held.slots) else (_none(3, *size), _none(*size))
    except OSError as error:
        raise disk_error(error, error.filename or path) from error
    if not len(held.slots):
        raise BddsegError(
            f"none of the {len(held.problems)} images of {split} can be used; the first: {held.problems[0]} "
            "(`bddseg-tui data check` lists all)"
        )
    ignored = {n: _pixels(wrong[image], size) for n, (image, _) in enumerate(held.files) if wrong and image in wrong}
    counts = held.counts.copy() if ignored else held.counts
    for number, pixels in ignored.items():
        there = masks[held.slots[number]].reshape(-1)[pixels]
        counts[number] -= np.bincount(there, minlength=NUM_CLASSES)
    return CachedSplit(
        images=images,
        masks=masks,
        slots=held.slots,
        counts=counts,
        files=held.files,
        left_out=held.problems,
        lock=folder.lock,
        ignored=ignored,
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


def _pixels(wrong: WrongAreas, size: tuple[int, int]) -> NDArray[np.int64]:
    """The pixels of these areas at the training size (height, width), taken as those of masks are."""
    where = np.zeros(wrong.size[::-1], np.uint8)
    mark(where, wrong.runs, 1)
    small = Image.fromarray(where).resize(size[::-1], Image.Resampling.NEAREST)
    return np.flatnonzero(np.asarray(small))


def _brought_up_to_date(
    folder: OpenFolder, dataset: Dataset, which: tuple[str, int, frozenset[bytes]], report: Progress
) -> Held:
    split, limit, excluded = which
    for attempt in (1, 2):
        try:
            with CacheIndex(folder.path / INDEX, dataset.root) as index:
                count = index.list_files(_samples(dataset, split, excluded), limit)
                if not count:
                    left = f" but the {len(excluded):,} that are excluded" if excluded else ""
                    raise BddsegError(
                        f"{sanitize_path(dataset.root)} has no images with masks in its {split} split{left}"
                    )
                if index.slots_needed() <= folder.capacity():
                    if index.missing():
                        _fill(folder, index, report)
                    return index.held()
        except sqlite3.DatabaseError as error:
            # A full disk is an OperationalError; what is damaged is a DatabaseError, and only a cache.
            if attempt == 2 or isinstance(error, sqlite3.OperationalError):
                why = "the disk is full: make room" if "full" in str(error) else sanitize(str(error))
                raise BddsegError(f"{sanitize_path(folder.path / INDEX)} cannot be written: {why}") from error
        folder.clear()
    raise BddsegError(f"{sanitize_path(folder.path)} changes while it is used: try again")


def _samples(dataset: Dataset, split: str, excluded: frozenset[bytes]) -> Iterator[Sample]:
    found = list_samples(replace(dataset, splits=tuple(f for f in dataset.splits if f.split == split)))
    return (s for s in found if relative(s.image, dataset.root) not in excluded) if excluded else found


@dataclass(frozen=True)
class _Task:
    place: int
    slot: int
    sample: Sample
    size: tuple[int, int]
    folder: Path


def _fill(folder: OpenFolder, index: CacheIndex, report: Progress) -> None:
    """Reads what is missing into slots that nobody uses, committed every few seconds."""
    if folder.alone:
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
