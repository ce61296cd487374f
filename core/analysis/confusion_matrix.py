"""Matrices of actual against predicted, as heat maps show them: normalising, and the images behind a cell."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Normalised = Literal["row", "column", "none"]


def normalise(counts: NDArray[np.int64], by: Normalised) -> NDArray[np.float64]:
    """Shares 0..1 of each row (what became of a class) or column (what was taken for it), or of the largest count.

    Rows or columns without a count are 0.
    """
    values = counts.astype(np.float64)
    if by == "none":
        return values / max(1.0, float(values.max(initial=0.0)))
    totals = values.sum(axis=1 if by == "row" else 0, keepdims=True)
    return np.asarray(np.divide(values, totals, out=np.zeros_like(values), where=totals > 0))


def images_of_cell(confusion: NDArray[np.uint32], actual: int, predicted: int) -> NDArray[np.int64]:
    """Numbers of the images with pixels in a cell, most of them first; confusion is uint32 [N, 20, 20]."""
    pixels = np.asarray(confusion[:, actual, predicted], np.int64)
    order = np.argsort(-pixels, kind="stable")
    return order[pixels[order] > 0]


def images_of_pair(actual: NDArray[np.bool_], predicted: NDArray[np.bool_], row: int, column: int) -> NDArray[np.int64]:
    """Numbers of the images behind a cell of the multi-label confusion; inputs bool [N, 20].

    On the diagonal those where the class was found; else where `row` was missed and `column` wrongly found, or, in
    the last column, where nothing was.
    """
    missed, wrong = actual & ~predicted, predicted & ~actual
    if row == column:
        return np.flatnonzero(actual[:, row] & predicted[:, row])
    if column == actual.shape[1]:
        return np.flatnonzero(missed[:, row] & ~wrong.any(axis=1))
    return np.flatnonzero(missed[:, row] & wrong[:, column])
