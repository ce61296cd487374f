"""Which unlabelled images to label next: those that a model is unsure of and that are unlike all that is labelled.

Greedy k-center on the embeddings of an index (Sener and Savarese 2018, arXiv 1708.00489: the image that is farthest
from all that is labelled or chosen comes next), each distance weighed by how unsure a model's prediction is. So of many
frames that are alike and hard one is chosen, and then something else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.index.vector_types import Vectors

_BLOCK = 4096
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Choice:
    """What to label next.

    Attributes:
        order: places of the candidates that were chosen, the first one first, int64 [k].
        novelty: of each candidate, how unlike the nearest labelled image it is, float32 [n], 0 (the same) .. 1; of all
            1 where nothing is labelled.
    """

    order: NDArray[np.int64]
    novelty: Vectors


def choose(candidates: Vectors, labelled: Vectors, uncertainty: Vectors | None, count: int, report: Progress) -> Choice:
    """Chooses `count` of the candidates, or all there are.

    Args:
        candidates: of unlabelled images, float32 [n, d] of unit length.
        labelled: of labelled images, float32 [m, d].
        uncertainty: of each candidate, 0 (sure) .. 1, NaN where it is not known, which counts as the median; None to
            choose by novelty alone.
        count: how many.
        report: told (done, total); it may raise to stop.
    """
    distance = _farness(candidates, labelled, report)
    novelty = distance.copy()
    weight = np.ones(len(candidates), np.float32) if uncertainty is None else _known(uncertainty)
    order: list[int] = []
    left = np.ones(len(candidates), bool)
    for number in range(min(count, len(candidates))):
        place = int(np.argmax(np.where(left, distance * weight, -1)))
        order.append(place)
        left[place] = False
        distance = np.minimum(distance, _distance(np.asarray(candidates) @ candidates[place]))
        report(number + 1, min(count, len(candidates)))
    return Choice(np.asarray(order, np.int64), novelty)


def _farness(candidates: Vectors, labelled: Vectors, report: Progress) -> Vectors:
    """How far each candidate is from the nearest labelled image, 0..1."""
    if not len(labelled):
        return np.ones(len(candidates), np.float32)
    nearest = np.full(len(candidates), -1, np.float32)
    total = len(candidates)
    for at in range(0, total, _BLOCK):
        block = np.asarray(candidates[at : at + _BLOCK])
        for beside in range(0, len(labelled), 4 * _BLOCK):
            cosines = block @ np.asarray(labelled[beside : beside + 4 * _BLOCK]).T
            nearest[at : at + _BLOCK] = np.maximum(nearest[at : at + _BLOCK], cosines.max(1))
        report(min(at + _BLOCK, total), total)
    return _distance(nearest)


def _distance(cosine: Vectors) -> Vectors:
    return ((1 - cosine) / 2).clip(0, 1).astype(np.float32)


def _known(uncertainty: Vectors) -> Vectors:
    known = uncertainty[np.isfinite(uncertainty)]
    middle = float(np.median(known)) if len(known) else 1.0
    # None is so sure that it can never be chosen.
    return np.where(np.isfinite(uncertainty), uncertainty, middle).clip(1e-3, 1).astype(np.float32)


def ranks(order: Sequence[int], count: int) -> list[tuple[int, float]]:
    """(place, rank) of what was chosen: 1 for the first, less for each next one, more than 0."""
    return [(place, 1 - n / count) for n, place in enumerate(order)]
