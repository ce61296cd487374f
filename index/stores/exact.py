"""Exact search with numpy: perfect recall, nothing to build. The default up to 100,000 images and for every filter."""

import numpy as np

from bddseg_tui.index.stores import Rows, Vectors, padded

_CHUNK = 65536


class ExactStore:
    """A matrix float32 [n, dimension] of unit vectors, in memory or mapped from a file."""

    name = "exact"

    def __init__(self, matrix: Vectors) -> None:
        self._matrix = matrix

    def search(self, queries: Vectors, count: int, allowed: Rows | None = None) -> tuple[Rows, Vectors]:
        """See `index.stores`."""
        matrix = self._matrix if allowed is None else self._matrix[allowed]
        rows, scores = top(queries, matrix, count)
        if allowed is not None and rows.size:
            rows = np.where(rows >= 0, np.asarray(allowed)[rows], -1)
        return rows, scores

    def close(self) -> None:
        """Nothing to let go of."""


def top(queries: Vectors, matrix: Vectors, count: int) -> tuple[Rows, Vectors]:
    """The `count` rows of the matrix with the largest dot products, of each query."""
    if not len(matrix):
        empty = np.zeros((len(queries), 0))
        return padded(empty.astype(np.int64), empty.astype(np.float32), count)
    best_rows = np.zeros((len(queries), 0), np.int64)
    best = np.zeros((len(queries), 0), np.float32)
    for at in range(0, len(matrix), _CHUNK):
        scores = queries @ np.asarray(matrix[at : at + _CHUNK]).T
        keep = min(count, scores.shape[1])
        part = np.argpartition(-scores, keep - 1, axis=1)[:, :keep]
        best_rows = np.concatenate([best_rows, part + at], axis=1)
        best = np.concatenate([best, np.take_along_axis(scores, part, 1)], axis=1)
    order = np.argsort(-best, axis=1, kind="stable")[:, :count]
    return padded(np.take_along_axis(best_rows, order, 1), np.take_along_axis(best, order, 1), count)
