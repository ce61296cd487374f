"""Figures that follow from a confusion matrix.

The seed and the official toolkit count differently, so both are here under names of their own:

- `official`: pixels whose actual class is unknown are left out, as bdd100k's `eval/seg.py` does; a pixel that is
  predicted as unknown counts as a miss. 19 classes.
- `seed`: unknown is a class like any other. 20 classes.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL

Confusion = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Figures of one confusion matrix, 0..1; NaN where undefined. Arrays are float64 [20], one value a class.

    `iou`, `precision` and `recall` of classes 0..18 are the official ones; those of class 19 count unknown as a
    class. `percentage` (0..100) is each class's share of all actual pixels.
    """

    pixel_accuracy: float
    pixel_accuracy20: float
    miou19: float
    miou20: float
    iou: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    percentage: NDArray[np.float64]

    def class_rows(self) -> list[dict[str, Any]]:
        """Per class, in the form of events and of `evaluate --json`."""
        return [
            {
                "id": c.id,
                "name": c.name,
                "iou": finite(self.iou[c.id]),
                "precision": finite(self.precision[c.id]),
                "recall": finite(self.recall[c.id]),
                "percentage": finite(self.percentage[c.id]),
            }
            for c in CLASSES
        ]

    def summary(self) -> dict[str, float | None]:
        """The overall figures."""
        return {
            "pixel_accuracy": finite(self.pixel_accuracy),
            "pixel_accuracy20": finite(self.pixel_accuracy20),
            "miou19": finite(self.miou19),
            "miou20": finite(self.miou20),
        }


def scores(confusion: Confusion) -> Scores:
    """Computes every figure from a confusion matrix, int64 [20, 20].

    mIoU over the 19 official classes averages the classes that occur, as the official toolkit does; mIoU over all
    20 averages those that occur or are predicted, as the seed did.
    """
    official = confusion.copy()
    official[NUM_OFFICIAL:] = 0
    iou, precision, recall = _ratios(official)
    iou20, precision20, recall20 = _ratios(confusion)
    occurs = official.sum(axis=1)[:NUM_OFFICIAL] > 0
    for of_official, of_all in ((iou, iou20), (precision, precision20), (recall, recall20)):
        of_official[NUM_OFFICIAL:] = of_all[NUM_OFFICIAL:]
    total = confusion.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        percentage = 100.0 * confusion.sum(axis=1) / np.float64(total)
        accuracy = float(np.trace(official) / np.float64(official.sum()))
        accuracy20 = float(np.trace(confusion) / np.float64(total))
    return Scores(
        pixel_accuracy=accuracy,
        pixel_accuracy20=accuracy20,
        miou19=_mean(iou[:NUM_OFFICIAL][occurs]),
        miou20=_mean(iou20),
        iou=iou,
        precision=precision,
        recall=recall,
        percentage=percentage,
    )


def image_scores(confusion: Confusion) -> tuple[float, float]:
    """(pixel accuracy, mIoU over the official classes that occur) of one image; NaN if nothing is labelled."""
    found = scores(confusion)
    return found.pixel_accuracy, found.miou19


def boundary_scores(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """(boundary IoU by class, float64 [20]; its mean over the official classes that occur), NaN where undefined.

    `counts` are boundary pixels in both, in the actual and in the predicted, int64 [3, 20] (Cheng et al. 2021,
    arXiv 2103.16562: those within 2 % of the image's diagonal of where the class ends).
    """
    both, actual, predicted = counts.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = both / (actual + predicted - both)
    # Pixels that are unknown in truth are never counted, so unknown itself has no boundary to be measured.
    iou[NUM_OFFICIAL:] = math.nan
    return iou, _mean(iou[:NUM_OFFICIAL][actual[:NUM_OFFICIAL] > 0])


def calibration(bins: NDArray[np.float64]) -> tuple[float, list[dict[str, float]]]:
    """(expected calibration error 0..1, the bins of a reliability diagram that hold pixels).

    `bins` is float64 [3, B]: pixels, sum of confidence and number of right pixels by bin (Guo et al. 2017,
    arXiv 1706.04599, eq. 3: the mean distance of confidence from accuracy, by pixels).
    """
    count, confidence, right = bins
    total = count.sum()
    error = float(np.abs(confidence - right).sum() / total) if total else math.nan
    diagram = [
        {"share": float(n / total), "confidence": float(c / n), "accuracy": float(r / n)}
        for n, c, r in zip(count, confidence, right, strict=True)
        if n
    ]
    return error, diagram


def finite(value: float) -> float | None:
    """The value for JSON: NaN becomes None."""
    return float(value) if math.isfinite(value) else None


def _ratios(confusion: Confusion) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    hit = np.diag(confusion).astype(np.float64)
    actual, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return hit / (actual + predicted - hit), hit / predicted, hit / actual


def _mean(values: NDArray[np.float64]) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else math.nan
