"""How many training images a class would need: an estimate from one run, by how IoU grows with images over classes.

It is no learning curve of the class itself, which only trainings on parts of the data would give. Classes differ in
more than their number of images, so nothing is said where these do not go together, and a class never gets a number
above the images that there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_CLASSES = 8
LEAST_CORRELATION = 0.4


@dataclass(frozen=True)
class ImagesEstimate:
    """How many images a class would need for an IoU of `target` (0..1, the median class's).

    Attributes:
        images: rounded to two digits; None where that is more than the split has.
        classes: of how many it is made.
        correlation: Spearman's, of IoU with images over these classes.
    """

    images: int | None
    target: float
    classes: int
    correlation: float


def images_needed(images: Sequence[int], ious: Sequence[float], most: int) -> list[ImagesEstimate | None]:
    """For each class an estimate; None for those that are not below the median in both, or where nothing can be said.

    Args:
        images: training images that hold each class.
        ious: IoU (0..1) of each; NaN where it is undefined.
        most: images of the split.
    """
    counts, values = np.asarray(images, np.float64), np.asarray(ious, np.float64)
    used = (counts > 0) & np.isfinite(values)
    nothing: list[ImagesEstimate | None] = [None] * len(counts)
    if used.sum() < LEAST_CLASSES:
        return nothing
    x, y = np.log10(counts[used]), values[used]
    if not np.ptp(x) or not np.ptp(y):
        # All as many images, or all as good: there is no line to be fitted.
        return nothing
    correlation, slope = float(np.corrcoef(_ranks(x), _ranks(y))[0, 1]), float(np.polyfit(x, y, 1)[0])
    if correlation < LEAST_CORRELATION or slope <= 0:
        return nothing
    target, middle = float(np.median(y)), float(np.median(counts[used]))

    def estimate(count: float, iou: float) -> ImagesEstimate | None:
        if not (0 < count < middle and iou < target):
            return None
        needed = count * 10 ** min(9.0, (target - iou) / slope)
        rounded = int(float(f"{needed:.2g}"))
        return ImagesEstimate(rounded if rounded <= most else None, target, int(used.sum()), correlation)

    return [estimate(float(n), float(v)) for n, v in zip(counts, values, strict=True)]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks of values, equal ones the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[places])
