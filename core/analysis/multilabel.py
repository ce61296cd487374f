"""A segmentation model as a multi-label classifier: a class is present where enough pixels of it are.

The averages are those of scikit-learn's `classification_report` (with `zero_division=0`), which the tests compare with;
it is not a dependency, because six sums do not need one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.analysis.threshold import Threshold
from bddseg_tui.core.classes import CLASSES, NUM_CLASSES

Presence = NDArray[np.bool_]


@dataclass(frozen=True)
class LabelScore:
    """One class or average: precision, recall and F1 (0..1), and how many images hold it."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class MultiLabel:
    """The report of a multi-label classifier over N images.

    Attributes:
        classes: one for each of the 20 classes.
        averages: micro, macro, weighted and samples.
        exact_match: share of images all of whose 20 labels are right (subset accuracy).
        accuracy: share of right labels among N x 20 (1 - Hamming loss).
        confusion: images by [missed class][wrongly found class], int64 [20, 21]. The diagonal counts images where the
            class was rightly found; the last column those where it was missed and nothing was wrongly found.
        threshold: what "present" means.
        images: N.
    """

    classes: tuple[LabelScore, ...]
    averages: tuple[LabelScore, ...]
    exact_match: float
    accuracy: float
    confusion: NDArray[np.int64]
    threshold: Threshold
    images: int


def presence(confusion: NDArray[np.uint32], threshold: Threshold) -> tuple[Presence, Presence]:
    """(actual, predicted), bool [N, 20] each, from confusion matrices by image, [N, 20, 20]."""
    share = confusion.sum(axis=(1, 2), dtype=np.int64)[:, None] * threshold.millionths

    def present(pixels: NDArray[np.int64]) -> Presence:
        # An image has at most 10^8 pixels, so that none of these is above 10^16.
        return np.asarray((pixels >= max(1, threshold.pixels)) & (pixels * 100_000_000 >= share))

    return present(confusion.sum(axis=2, dtype=np.int64)), present(confusion.sum(axis=1, dtype=np.int64))


def classify(confusion: NDArray[np.uint32], threshold: Threshold | None = None) -> MultiLabel:
    """The report from confusion matrices by image, uint32 [N, 20, 20]."""
    threshold = threshold or Threshold()
    actual, predicted = presence(confusion, threshold)
    hits = (actual & predicted).sum(axis=0).astype(np.float64)
    said, there = predicted.sum(axis=0).astype(np.float64), actual.sum(axis=0).astype(np.float64)
    classes = tuple(
        _score(c.name, hits[c.id], said[c.id], there[c.id], int(there[c.id])) for c in CLASSES[:NUM_CLASSES]
    )
    right = actual == predicted
    return MultiLabel(
        classes=classes,
        averages=_averages(classes, actual, predicted),
        exact_match=float(right.all(axis=1).mean()) if len(right) else 0.0,
        accuracy=float(right.mean()) if len(right) else 0.0,
        confusion=_confusion(actual, predicted),
        threshold=threshold,
        images=len(actual),
    )


def _averages(classes: tuple[LabelScore, ...], actual: Presence, predicted: Presence) -> tuple[LabelScore, ...]:
    support = int(actual.sum())
    weights = np.asarray([c.support for c in classes], np.float64)
    table = np.asarray([(c.precision, c.recall, c.f1) for c in classes])
    weighted = (weights[:, None] * table).sum(axis=0) / weights.sum() if weights.sum() else np.zeros(3)
    rows = [
        _score("", float((a & p).sum()), float(p.sum()), float(a.sum()), 0)
        for a, p in zip(actual, predicted, strict=True)
    ]
    samples = np.asarray([(r.precision, r.recall, r.f1) for r in rows]).mean(axis=0) if rows else np.zeros(3)
    micro = _score("micro", float((actual & predicted).sum()), float(predicted.sum()), float(support), support)
    return (
        micro,
        *(
            LabelScore(name, float(v[0]), float(v[1]), float(v[2]), support)
            for name, v in (("macro", table.mean(axis=0)), ("weighted", weighted), ("samples", samples))
        ),
    )


def _score(name: str, hit: float, said: float, there: float, support: int) -> LabelScore:
    precision, recall = hit / said if said else 0.0, hit / there if there else 0.0
    both = said + there
    return LabelScore(name, float(precision), float(recall), float(2 * hit / both if both else 0.0), support)


def _confusion(actual: Presence, predicted: Presence) -> NDArray[np.int64]:
    missed, wrong = (actual & ~predicted).astype(np.int64), (predicted & ~actual).astype(np.int64)
    alone = missed[wrong.sum(axis=1) == 0].sum(axis=0)
    pairs = missed.T @ wrong
    np.fill_diagonal(pairs, (actual & predicted).sum(axis=0))
    return np.concatenate([pairs, alone[:, None]], axis=1)
