"""What an evaluation counted in each image: the source of every analysis, kept beside its result."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.atomic import write_bytes, write_text
from core.classes import NUM_CLASSES
from core.errors import BddsegError
from core.sanitize import sanitize_path

_ARRAYS = ("confusion", "boundary", "confidence", "brightness")


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


def save_per_image(folder: Path, found: PerImage) -> None:
    """Writes `images.json` and one `.npy` an array into an evaluation's folder."""
    import io

    write_text(folder / "images.json", json.dumps([os.fsdecode(i) for i in found.images]))
    for name in _ARRAYS:
        sink = io.BytesIO()
        np.save(sink, getattr(found, name), allow_pickle=False)
        write_bytes(folder / f"{name}.npy", sink.getvalue())


def load_per_image(folder: Path) -> PerImage:
    """Reads what `save_per_image` wrote; the confusion matrices stay on the disk until they are used.

    Raises:
        BddsegError: there is nothing, as in evaluations of earlier versions, or it is damaged.
    """
    try:
        images = tuple(os.fsencode(name) for name in json.loads((folder / "images.json").read_text("utf-8")))
        arrays = [np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS]
    except FileNotFoundError as error:
        raise BddsegError(f"{sanitize_path(folder)} has no counts by image: evaluate again") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BddsegError(f"the counts by image in {sanitize_path(folder)} are damaged: evaluate again") from error
    count = len(images)
    shapes = ((count, NUM_CLASSES, NUM_CLASSES), (count, 3, NUM_CLASSES), (count,), (count,))
    if tuple(a.shape for a in arrays) != shapes:
        raise BddsegError(f"the counts by image in {sanitize_path(folder)} do not fit each other: evaluate again")
    return PerImage(images, *arrays)
