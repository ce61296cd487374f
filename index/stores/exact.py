"""Exact search with numpy: perfect recall, nothing to build. What the other ways are measured against."""

import numpy as np

from bddseg_tui.index.stores import padded
from bddseg_tui.index.vector_types import Rows, Vectors

_CHUNK = 65536


def exact_search(queries: Vectors, matrix: Vectors, count: int) -> tuple[Rows, Vectors]:
    """The rows of the matrix with the largest dot products.

    Args:
        queries: float32 [q, dimension].
        matrix: float32 [n, dimension], in memory or mapped from a file.
        count: how many of each query.

    Returns:
        As `index.stores` says of a search.
    """
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
