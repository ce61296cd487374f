"""The training cache: images and masks decoded and resized once, as uint8 arrays mapped from disk.

No epoch decodes a JPEG. The cache is keyed by the files (with sizes and times), the training size, VERSION and
READER_VERSION; it is built by all cores into a folder of another name, which is renamed when it is whole. Nothing
here imports torch: the workers that decode would each spend seconds on it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image

from core.classes import NUM_CLASSES
from core.dataset import Dataset, Sample, list_samples
from core.errors import BddsegError
from core.imagefile import READER_VERSION, BadFileError, read_image, read_mask
from core.parallel import map_unordered
from core.sanitize import sanitize_path
from core.size_mismatch import size_mismatch
from core.temporaries import sweep, temporary_path

VERSION = 1


@dataclass(frozen=True)
class CachedSplit:
    """A split at the training size: uint8 [N, 3, H, W] and uint8 [N, H, W] (0..19), mapped from disk."""

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    pixels: NDArray[np.int64]
    left_out: list[str]

    def __len__(self) -> int:
        return len(self.images)


def open_cache(
    dataset: Dataset,
    split: str,
    size: tuple[int, int],
    cache: Path,
    limit: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> CachedSplit:
    """Opens the cache of a labelled split, building it if need be; `report(done, total)` may raise to cancel.

    `limit` takes that many samples, spread evenly. Samples that cannot be read are left out and listed.

    Raises:
        BddsegError: no sample can be used, or the disk is full.
    """
    count, key = _key(_labelled(dataset, split, limit), size)
    if not count:
        raise BddsegError(f"{sanitize_path(dataset.root)} has no images with masks in its {split} split")
    folder = cache / key
    if not (folder / "index.json").exists():
        _build(folder, count, _labelled(dataset, split, limit), size, report)
    index = json.loads((folder / "index.json").read_text())
    if not index["kept"]:
        raise BddsegError(
            f"none of the {count} images of {split} can be used; the first: {index['left_out'][0]} "
            "(`bddseg-tui data check` lists all)"
        )
    # The rows that are kept were moved to the front when the cache was built.
    kept = len(index["kept"])
    images = open_memmap(folder / "images.npy", mode="r")[:kept]
    masks = open_memmap(folder / "masks.npy", mode="r")[:kept]
    return CachedSplit(images, masks, np.asarray(index["pixels"], dtype=np.int64), index["left_out"])


def _labelled(dataset: Dataset, split: str, limit: int) -> Iterator[Sample]:
    """The labelled samples of a split. Listed anew at each call: a hundred thousand are never held at once."""
    only = replace(dataset, splits=tuple(f for f in dataset.splits if f.split == split))
    count = sum(s.mask is not None for s in list_samples(only)) if limit else 0
    wanted = {i * count // limit for i in range(limit)} if limit < count else None
    labelled = (s for s in list_samples(only) if s.mask is not None)
    yield from (s for i, s in enumerate(labelled) if wanted is None or i in wanted)


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


@dataclass(frozen=True)
class _Task:
    row: int
    sample: Sample
    size: tuple[int, int]
    folder: Path


def _key(samples: Iterable[Sample], size: tuple[int, int]) -> tuple[int, str]:
    """(how many they are, the name of their cache's folder)."""
    digest, count = hashlib.sha256(f"{VERSION} {READER_VERSION} {size}".encode()), 0
    for sample in samples:
        count += 1
        for path in (sample.image, sample.mask):
            status = os.stat(path) if path else None  # noqa: PTH116 (path may be None)
            digest.update(os.fsencode(path or "") + f"|{status and (status.st_size, status.st_mtime_ns)}".encode())
    return count, f"{size[0]}x{size[1]}-{digest.hexdigest()[:16]}"


def _build(
    folder: Path,
    count: int,
    samples: Iterable[Sample],
    size: tuple[int, int],
    report: Callable[[int, int], None] | None,
) -> None:
    sweep([folder.parent])
    building = temporary_path(folder.parent)
    try:
        building.mkdir(parents=True)
        images = open_memmap(building / "images.npy", "w+", np.uint8, (count, 3, *size))
        masks = open_memmap(building / "masks.npy", "w+", np.uint8, (count, *size))
        # Space is taken now: writing to a mapped file on a full disk would be a SIGBUS, not an error.
        for name in ("images.npy", "masks.npy"):
            with (building / name).open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, (building / name).stat().st_size)
        tasks = (_Task(i, s, size, building) for i, s in enumerate(islice(samples, count)))
        used, failed = np.zeros(count, dtype=np.bool_), dict[int, str]()
        pixels = np.zeros(NUM_CLASSES, dtype=np.int64)
        for done, (row, counts, problem) in enumerate(
            map_unordered(_build_task, tasks, None if count > 32 else 1, 8), start=1
        ):
            if problem is None:
                pixels += counts
                used[row] = True
            else:
                failed[row] = problem
            if report:
                report(done, count)
        kept = np.flatnonzero(used).tolist()
        for target, row in enumerate(kept):
            if target != row:
                images[target], masks[target] = images[row], masks[row]
        images.flush()
        masks.flush()
        index = {"kept": kept, "pixels": pixels.tolist(), "left_out": [failed[i] for i in sorted(failed)]}
        (building / "index.json").write_text(json.dumps(index))
        try:
            building.rename(folder)
        except OSError:
            # Another run built the same cache meanwhile.
            if not (folder / "index.json").exists():
                raise
    except OSError as error:
        raise BddsegError(
            f"the cache {sanitize_path(folder)} cannot be written ({error.strerror}): make room or use a smaller size"
        ) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _build_task(task: _Task) -> tuple[int, NDArray[np.int64], str | None]:
    images = open_memmap(task.folder / "images.npy", "r+")
    masks = open_memmap(task.folder / "masks.npy", "r+")
    try:
        image, mask = resize_sample(task.sample, task.size)
    except BadFileError as error:
        return task.row, np.zeros(NUM_CLASSES, dtype=np.int64), str(error)
    images[task.row], masks[task.row] = image, mask
    return task.row, np.bincount(mask.ravel(), minlength=NUM_CLASSES), None
