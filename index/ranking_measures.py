"""How well scores rank what is shown before what is not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[Any]


def area_under_roc(shown: Scores, absent: Scores) -> float:
    """Chance (0..1) that one that is shown scores higher than one that is not, ties by half; 0.5 where one is empty."""
    if not len(shown) or not len(absent):
        return 0.5
    order = np.sort(absent)
    below = np.searchsorted(order, shown, "left") + np.searchsorted(order, shown, "right")
    return float(below.mean() / 2 / len(absent))


def average_precision(shown: Scores, absent: Scores) -> float:
    """Mean precision (0..1) at the place of each that is shown, as scikit-learn counts ties; 0 where none is shown."""
    if not len(shown):
        return 0.0
    rank_shown, rank_absent = np.sort(shown), np.sort(absent)
    hits = len(shown) - np.searchsorted(rank_shown, shown, "left")
    misses = len(absent) - np.searchsorted(rank_absent, shown, "left")
    return float((hits / (hits + misses)).mean())
