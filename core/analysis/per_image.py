"""What an evaluation counted in each image: the source of every analysis, kept beside its result."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import replacing, write_text
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.regular_file import open_regular, read_regular
from bddseg_tui.core.files.temporary_files import temporary_path
from bddseg_tui.core.sanitize import sanitize_path

_ARRAYS: dict[str, tuple[type, tuple[int, ...]]] = {
    "confusion": (np.uint32, (NUM_CLASSES, NUM_CLASSES)),
    "boundary": (np.uint32, (3, NUM_CLASSES)),
    "confidence": (np.float32, ()),
    "brightness": (np.float32, ()),
}

_LARGEST = 1 << 30
"""Bytes of images.json: ten million names."""


@dataclass(frozen=True)
class PerImage:
    """Counts of N images, in the order of `images`.

    Attributes:
        images: paths relative to the dataset's root, as bytes (a file name need not be valid UTF-8).
        confusion: pixels by [image][actual][predicted], uint32 [N, 20, 20].
        boundary: boundary pixels in both, in the actual and in the predicted, by class: uint32 [N, 3, 20].
        confidence: mean probability (0..1) of the class that was predicted, float32 [N].
        brightness: mean luma (0..1), float32 [N].
    """

    images: tuple[bytes, ...]
    confusion: NDArray[np.uint32]
    boundary: NDArray[np.uint32]
    confidence: NDArray[np.float32]
    brightness: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.images)

    def total(self, chosen: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The confusion matrix of all images, or of those that are chosen (bool [N]): int64 [20, 20]."""
        part = self.confusion if chosen is None else self.confusion[chosen]
        return np.asarray(part.sum(axis=0, dtype=np.int64))


class PerImageWriter:
    """Writes the counts image by image, so that memory does not grow with them; `finish` makes them whole.

    Used as a context: what was not finished is taken away.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images: list[str] = []
        self._rows = temporary_path(folder)
        self._rows.mkdir()
        self._files = {name: (self._rows / name).open("wb") for name in _ARRAYS}

    def __enter__(self) -> "PerImageWriter":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()
        shutil.rmtree(self._rows, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._images)

    def add(
        self,
        image: bytes,
        confusion: NDArray[np.uint32],
        boundary: NDArray[np.uint32],
        confidence: float,
        brightness: float,
    ) -> None:
        """Appends one image's counts: `confusion` [20, 20], `boundary` [3, 20]."""
        self._images.append(os.fsdecode(image))
        for name, value in zip(_ARRAYS, (confusion, boundary, confidence, brightness), strict=True):
            self._files[name].write(np.asarray(value, _ARRAYS[name][0]).tobytes())

    def finish(self) -> PerImage:
        """Writes `images.json` and one `.npy` an array, and reads them back."""
        for name, (dtype, shape) in _ARRAYS.items():
            self._files[name].close()
            target = self._folder / f"{name}.npy"
            rows = np.memmap(self._rows / name, dtype, "r", shape=(len(self), *shape))
            with replacing(target) as new:
                np.save(new, rows, allow_pickle=False)
        write_text(self._folder / "images.json", json.dumps(self._images))
        return load_per_image(self._folder)


def load_per_image(folder: Path) -> PerImage:
    """Reads what a `PerImageWriter` wrote; the confusion matrices stay on the disk until they are used.

    Raises:
        BddsegError: there is nothing, as in evaluations of earlier versions, or it is damaged.
    """
    try:
        images = _names(decode(read_regular(folder / "images.json", _LARGEST)))
        arrays = [_array(folder / f"{name}.npy", *kind, len(images)) for name, kind in _ARRAYS.items()]
    except FileNotFoundError as error:
        raise BddsegError(f"{sanitize_path(folder)} has no counts by image: evaluate again") from error
    except (OSError, RecordError) as error:
        why = disk_reason(error) if isinstance(error, OSError) else error
        raise BddsegError(
            f"the counts by image in {sanitize_path(folder)} are damaged ({why}): evaluate again"
        ) from error
    return PerImage(images, *arrays)


def _names(raw: Any) -> tuple[bytes, ...]:
    # By hand: a hundred thousand names, a field each, take pydantic a tenth of a second, and this a hundredth.
    if not isinstance(raw, list) or not all(type(name) is str for name in raw):
        raise RecordError("images.json should be a list of names")
    try:
        names = tuple(os.fsencode(name) for name in raw)
    except UnicodeError as error:
        raise RecordError("images.json holds what is no file's name") from error
    if not all(names) or any(b"\0" in name for name in names):
        raise RecordError("images.json holds what is no file's name")
    return names


def _array(path: Path, dtype: type, shape: tuple[int, ...], images: int) -> NDArray[Any]:
    open_regular(path).close()
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except Exception as error:
        # numpy evaluates the header as Python's literals, which can fail in a dozen ways.
        raise RecordError(f"{path.name} is no array of numpy's") from error
    if not isinstance(found, np.ndarray) or found.dtype != dtype or found.shape != (images, *shape):
        raise RecordError(f"{path.name} does not fit the {images:,} images")
    return found
