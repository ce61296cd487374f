"""Counting on the device: confusion matrices, class boundaries, and how sure a model is of what it says."""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F

from bddseg_tui.core.classes import NUM_CLASSES, UNKNOWN

HISTOGRAMS = 8
"""Histograms that neighbouring pixels are counted into, in turn."""
DILATION_RATIO = 0.02
"""Width of a boundary as a share of the image's diagonal, as in Cheng et al. 2021."""
CALIBRATION_BINS = 15
"""Bins of confidence, equally wide, as in Guo et al. 2017."""
_OUTSIDE = 255


def confusion_matrix(actual: torch.Tensor, predicted: torch.Tensor) -> torch.Tensor:
    """Counts pixels by [actual][predicted]: int64 [20, 20], on the device of the inputs.

    Both inputs are integer tensors of one shape with values 0..19. The pair index fits into int16, which makes
    `torch.bincount` nine times as fast as with int64. Neighbouring pixels mostly have the same index, and counting
    one bin twice in a row waits for the first count; so they go to histograms of their own, which are summed.
    torchmetrics does neither; the comparison is benchmarks/confusion.py.
    """
    bins = NUM_CLASSES * NUM_CLASSES
    index = actual.to(torch.int16).flatten() * NUM_CLASSES
    index += predicted.to(torch.int16).flatten()
    index += _offsets(index.numel(), index.device)
    return torch.bincount(index, minlength=HISTOGRAMS * bins).view(HISTOGRAMS, NUM_CLASSES, NUM_CLASSES).sum(dim=0)


@lru_cache(maxsize=4)
def _offsets(count: int, device: torch.device) -> torch.Tensor:
    """The offset of each pixel's histogram: int16 [count], going round."""
    return (torch.arange(count, device=device) % HISTOGRAMS * NUM_CLASSES * NUM_CLASSES).to(torch.int16)


def boundary_mask(labels: torch.Tensor, width: int) -> torch.Tensor:
    """Where a class ends: bool [H, W], True within `width` pixels (chessboard) of another class or of the outside.

    `labels` is uint8 [H, W]. For each class this is its mask without its erosion, as in Cheng et al. 2021 (Boundary
    IoU, arXiv 2103.16562), for all classes in one pass: a pixel is left by the erosion where the square around it
    holds one label alone. The paper's code erodes each class's mask by itself, with OpenCV.
    """
    padded = F.pad(labels, (width, width, width, width), value=_OUTSIDE)
    side = 2 * width + 1
    return _extreme(padded, side, torch.maximum) != _extreme(padded, side, torch.minimum)


def _extreme(values: torch.Tensor, side: int, larger: Callable[..., torch.Tensor]) -> torch.Tensor:
    """The extreme of each square of `side` pixels, by windows that double: log2(side) passes a direction."""
    for axis in (0, 1):
        covered = 1
        while covered < side:
            step = min(covered, side - covered)
            length = values.shape[axis] - step
            values = larger(values.narrow(axis, 0, length), values.narrow(axis, step, length))
            covered += step
    return values


def boundary_width(height: int, width: int) -> int:
    """How wide the boundary of an image is, in pixels."""
    return max(1, round(DILATION_RATIO * math.hypot(height, width)))


def boundary_counts(actual: torch.Tensor, predicted: torch.Tensor) -> torch.Tensor:
    """Boundary pixels by class, int64 [3, 20]: in both, in the actual, in the predicted. Inputs uint8 [H, W].

    Pixels whose actual class is unknown are left out, as for IoU.
    """
    width = boundary_width(*actual.shape)
    of_actual, of_predicted = boundary_mask(actual, width), boundary_mask(predicted, width)
    known = actual != UNKNOWN
    both = of_actual & of_predicted & (actual == predicted)
    parts = (actual[both & known], actual[of_actual & known], predicted[of_predicted & known])
    return torch.stack([torch.bincount(p.to(torch.int16), minlength=NUM_CLASSES) for p in parts])


def calibration_counts(confidence: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """float64 [3, CALIBRATION_BINS]: pixels, sum of confidence (0..1) and sum of right ones, by bin of confidence.

    For the expected calibration error of Guo et al. 2017 (arXiv 1706.04599). Inputs float [n] and bool [n].
    """
    bins = (confidence * CALIBRATION_BINS).long().clamp_(0, CALIBRATION_BINS - 1)
    rows = (torch.ones_like(confidence), confidence, right)
    return torch.stack([torch.bincount(bins, r.double(), minlength=CALIBRATION_BINS) for r in rows])
