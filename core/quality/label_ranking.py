"""Which masks and areas are wrong, from what models that did not see them say: the order in which to look at them.

An area weighs the more, the larger it is, the surer the model is of another class, the rarer this very confusion is
over the whole dataset (boundaries, thin classes and habits of annotators are confused often), and the less often the
label is seen at this place; and more where the classes of its mask lie oddly on the whole. An image weighs what its
areas weigh together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.quality.label_areas import place_prior
from bddseg_tui.core.quality.label_evidence import FoldEvidence

_HALF = 5.0
"""The weight whose score is a half: about an eighth of the frame that is surely another class, one usual there. In
BDD100K a tenth of the masks weigh more, among them 85 % of those that are evidently wrong."""
_LEAST = 1e-3
"""A probability: a model that is surer than this was only trained for longer."""
_RAREST = 1e-5
_ODDEST = 20.0
_PRIOR_MASKS = 1000
_LEAST_SPREAD = 0.05
"""Where all masks are alike, what differs by less is no oddity."""
_ENOUGH = 20
"""Areas from which on a percentile says something."""


@dataclass(frozen=True)
class Ranked:
    """How much speaks against the labels of a fold: 0 upwards, by image and by area, in the order of its evidence."""

    images: NDArray[np.float64]
    areas: NDArray[np.float64]


def rank(folds: Sequence[FoldEvidence]) -> list[Ranked]:
    """Weighs the images and areas of all folds."""
    usual, sizes, odd = confusion_shares(folds), usual_sizes(folds), oddities(folds)
    found = []
    for fold, strange in zip(folds, odd, strict=True):
        weights = area_weights(fold.areas, usual, sizes) / (fold.grid.height * fold.grid.width)
        # A mask in which classes are where they are everywhere else weighs as it is.
        weights *= np.sqrt((1 + np.exp(np.minimum(strange, _ODDEST))) / 2)[fold.areas["image"]]
        images = np.bincount(fold.areas["image"], weights, len(fold.images)).astype(np.float64)
        found.append(Ranked(images, weights))
    return found


def area_weights(
    areas: NDArray[np.void], usual: NDArray[np.float64], sizes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much each area (rows of EVIDENCE) speaks against its label: 0 upwards, float64 [areas].

    It is the product of what speaks for an error: the cells apart from boundaries; by how much another class is more
    probable; how rare the confusion is; how much larger than usual the labelled part is; and how much more often the
    other class is at this place, squared. The last three tell errors from what a weak model is always wrong about.

    Args:
        usual: `confusion_shares`.
        sizes: `usual_sizes`.
    """
    given, predicted = areas["given"].astype(np.intp), areas["predicted"].astype(np.intp)
    surer = np.log(np.maximum(areas["p_predicted"], _LEAST) / np.maximum(areas["p_given"], _LEAST))
    rare = -np.log(np.clip(usual[given, predicted], _RAREST, 1))
    larger = np.maximum(0, np.log(areas["whole"] / sizes[given]))
    place = np.logaddexp(0, areas["place"])
    sure = areas["p_predicted"] * np.maximum(0, surer)
    weights: NDArray[np.float64] = areas["inner"] * sure * rare * (1 + larger) * place**2
    return weights


def oddities(folds: Sequence[FoldEvidence]) -> list[NDArray[np.float64]]:
    """How odd it is where a mask has its classes, by fold and image, whatever a model says: spreads from the median.

    Measured is how seldom other masks have the class at the place of a cell (-ln, mean over cells). Half of what lies
    between the 16th and the 84th percentile is a spread.
    """
    masks = [fold.given for fold in folds]
    number = sum(map(len, masks))
    if not number:
        return [np.zeros(0) for _ in folds]
    step = max(1, number // _PRIOR_MASKS)
    prior = place_prior((ids for given in masks for ids in given[::step]), folds[0].grid)
    rows, columns = np.indices(masks[0].shape[1:])
    seldom = [np.array([-prior[ids, rows, columns].mean() for ids in given], np.float64) for given in masks]
    low, median, high = np.percentile(np.concatenate(seldom), (16, 50, 84))
    spread = max(float(high - low) / 2, _LEAST_SPREAD)
    return [(values - median) / spread for values in seldom]


def usual_sizes(folds: Sequence[FoldEvidence]) -> NDArray[np.float64]:
    """By class, how many cells a connected part of a mask has of which three quarters are smaller: float64 [20].

    Only parts that are contradicted somewhere are counted, as nearly all large ones are at their boundary.
    """
    sizes = np.ones(NUM_CLASSES)
    given = np.concatenate([fold.areas["given"] for fold in folds])
    wholes = np.concatenate([fold.areas["whole"] for fold in folds])
    for number in range(NUM_CLASSES):
        mine = wholes[given == number]
        sizes[number] = np.percentile(mine, 75) if len(mine) >= _ENOUGH else max(1, *mine.tolist(), 1)
    return sizes


def confusion_shares(folds: Sequence[FoldEvidence]) -> NDArray[np.float64]:
    """Of the cells of each given class the share (0..1) that is predicted as each class: float64 [20, 20]."""
    pairs = np.zeros(NUM_CLASSES * NUM_CLASSES, np.int64)
    for fold in folds:
        for given, predicted in zip(fold.given, fold.predicted, strict=True):
            pairs += np.bincount((given.astype(np.intp) * NUM_CLASSES + predicted).ravel(), minlength=len(pairs))
    cells = pairs.reshape(NUM_CLASSES, NUM_CLASSES).astype(np.float64)
    shares: NDArray[np.float64] = cells / np.maximum(1, cells.sum(axis=1, keepdims=True))
    return shares


@overload
def score_of(weights: float) -> float: ...
@overload
def score_of(weights: NDArray[np.float64]) -> NDArray[np.float64]: ...
def score_of(weights: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """0 (the label is surely wrong) .. 1 (nothing speaks against it)."""
    return 1 / (1 + weights / _HALF)
