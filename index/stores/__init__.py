"""Where many vectors are searched: one small file a store, all with the same two methods.

`search(queries, count)` returns (rows int64 [q, count], scores float32 [q, count]), best first; where there are fewer
than `count`, rows are -1 and scores -inf. A score is the cosine. Up to 100,000 images, and within every filter, none
is asked: `index.search` looks at every vector, which is fast there, and graphs lose recall within filters.
"""

from typing import Protocol

import numpy as np

from bddseg_tui.index.vector_types import Rows, Vectors


class Store(Protocol):
    """What every store can do."""

    name: str

    def search(self, queries: Vectors, count: int) -> tuple[Rows, Vectors]:
        """The nearest rows of each query, float32 [q, dimension] of unit length."""
        ...

    def close(self) -> None:
        """Closes files and connections."""
        ...


def padded(rows: Rows, scores: Vectors, count: int) -> tuple[Rows, Vectors]:
    """Results as wide as was asked for, filled up with row -1 and score -inf."""
    missing = count - rows.shape[1]
    if missing <= 0:
        return rows[:, :count], scores[:, :count]
    fill = ((0, 0), (0, missing))
    return np.pad(rows, fill, constant_values=-1), np.pad(scores, fill, constant_values=-np.inf)
