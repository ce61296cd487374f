"""Where vectors are searched: one small file a store, all with the same two methods.

`search(queries, count)` returns (rows int64 [q, count], scores float32 [q, count]), best first; where there are fewer
than `count`, rows are -1 and scores -inf. A score is the cosine. Search within a filter is the exact store's alone:
graphs lose recall there, and an exact look at what a filter leaves is fast.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


class Store(Protocol):
    """What every store can do."""

    name: str

    def search(self, queries: Vectors, count: int) -> tuple[Rows, Vectors]:
        """The nearest rows of each query, float32 [q, dimension] of unit length."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


def padded(rows: Rows, scores: Vectors, count: int) -> tuple[Rows, Vectors]:
    """Results as wide as was asked for, filled up with row -1 and score -inf."""
    missing = count - rows.shape[1]
    if missing <= 0:
        return rows[:, :count], scores[:, :count]
    fill = ((0, 0), (0, missing))
    return np.pad(rows, fill, constant_values=-1), np.pad(scores, fill, constant_values=-np.inf)
