"""Parts of a class by what their pixels have in common: the size of objects, height in the image, brightness."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.analysis.class_details import BANDS, SIZES, ClassDetails
from bddseg_tui.core.analysis.per_image import PerImage
from bddseg_tui.core.classes import NUM_OFFICIAL

FIFTHS = ("lowest fifth", "second", "middle", "fourth", "highest fifth")
THIRDS = ("dark third", "middle", "bright third")


@dataclass(frozen=True)
class Part:
    """Pixels of a class that have something in common, with recall and IoU (0..1; None where undefined)."""

    name: str
    pixels: int
    recall: float | None
    iou: float | None


def ious_by_image(found: PerImage) -> NDArray[np.float64]:
    """IoU of each official class in each image, NaN where it neither is nor was predicted: float64 [N, 19]."""
    rows = np.empty((len(found), NUM_OFFICIAL))
    # An image at a time: the counts lie on the disk, and are 160 MB for 100,000 images.
    for n in range(len(found)):
        counts = found.confusion[n, :NUM_OFFICIAL].astype(np.int64)
        hit = np.diagonal(counts)[:NUM_OFFICIAL]
        union = counts.sum(axis=1) + counts.sum(axis=0)[:NUM_OFFICIAL] - hit
        rows[n] = np.divide(hit, union, out=np.full(NUM_OFFICIAL, np.nan), where=union > 0)
    return rows


def mious_by_image(found: PerImage, ious: NDArray[np.float64]) -> NDArray[np.float64]:
    """mIoU19 of each image, over the classes that occur in it; NaN where none does."""
    occurs = found.confusion[:, :NUM_OFFICIAL].sum(axis=2) > 0
    total, number = np.where(occurs, ious, 0).sum(axis=1), occurs.sum(axis=1)
    return np.asarray(np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0))


def brightness_thirds(found: PerImage) -> NDArray[np.int64]:
    """Confusion of the darkest, the middle and the brightest third of the images: int64 [3, 20, 20]."""
    low, high = np.quantile(found.brightness, (1 / 3, 2 / 3))
    third = (found.brightness >= low).astype(int) + (found.brightness >= high)
    return np.stack([found.total(third == n) for n in range(3)])


def by_brightness(thirds: NDArray[np.int64], class_id: int) -> tuple[Part, ...]:
    """A class in the thirds of `brightness_thirds`."""
    official = thirds[:, :NUM_OFFICIAL]
    hit, actual = official[:, class_id, class_id], official[:, class_id].sum(axis=1)
    predicted = official[:, :, class_id].sum(axis=1)
    return tuple(_part(n, *v) for n, *v in zip(THIRDS, hit, actual, actual + predicted - hit, strict=True))


def by_size(details: ClassDetails, class_id: int) -> tuple[Part, ...]:
    """A class by the size of its objects; a wrong prediction counts by the size of what was predicted."""
    _, pixels, hits, wrong = details.sizes[:, class_id]
    return tuple(_part(n, *v) for n, *v in zip(SIZES, hits, pixels, pixels + wrong, strict=True))


def by_height(details: ClassDetails, class_id: int) -> tuple[Part, ...]:
    """A class by height in the image, from the bottom up."""
    hit, actual, predicted = details.bands[:, class_id].reshape(3, len(FIFTHS), BANDS // len(FIFTHS)).sum(axis=2)
    return tuple(_part(n, *v) for n, *v in zip(FIFTHS, hit, actual, actual + predicted - hit, strict=True))


def _part(name: str, hit: int, actual: int, union: int) -> Part:
    return Part(
        name, int(actual), float(hit / actual) if actual else None, float(hit / union) if actual and union else None
    )
