"""Pairs of vectors that are near each other: all are compared by blocks, or a graph is asked where there are many."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.files.temporary_files import temporary_folder
from bddseg_tui.index.stores.hnsw import all_of, build_hnsw, hnswlib_installed
from bddseg_tui.index.vector_types import Rows, Vectors

BLOCKS_LIMIT = 150_000
"""Up to so many vectors all are compared, block by block, which finds every pair; a graph is slower to build there."""
NEIGHBOURS = 12
"""So many of each vector's neighbours are kept at most: in a drive's frames hundreds may be alike."""
_ROWS = 1024
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class NearPairs:
    """Pairs of rows, `first` < `second`, int64 [p], each once, and their cosines, float32 [p]."""

    first: Rows
    second: Rows
    cosine: Vectors


def near_pairs(
    vectors: Vectors, threshold: float, work: Path, report: Progress, limit: int = BLOCKS_LIMIT
) -> NearPairs:
    """The pairs whose cosine reaches a threshold, for each vector with its nearest neighbours.

    Args:
        vectors: float32 [n, dimension] of unit length, in memory or mapped from a file.
        threshold: the least cosine.
        work: a folder in which a graph may be written and is deleted again.
        report: told (vectors that are done, of how many); it may raise to stop the work.
        limit: with more vectors than this a graph is asked, where hnswlib is installed.
    """
    use_graph = len(vectors) > limit and hnswlib_installed()
    parts = _by_graph(vectors, threshold, work, report) if use_graph else _by_blocks(vectors, threshold, report)
    found = [part for part in parts if len(part[0])]
    if not found:
        return NearPairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    rows, others, cosines = (np.concatenate([part[i] for part in found]) for i in range(3))
    low, high = np.minimum(rows, others), np.maximum(rows, others)
    # Two neighbours may have found each other.
    _, once = np.unique(low * len(vectors) + high, return_index=True)
    return NearPairs(low[once], high[once], cosines[once].astype(np.float32))


_Part = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def _by_blocks(vectors: Vectors, threshold: float, report: Progress) -> Iterator[_Part]:
    for at in range(0, len(vectors), _ROWS):
        block = np.asarray(vectors[at : at + _ROWS])
        # Each block against those from it on: a pair is seen once.
        rows, others, cosines = [], [], []
        for beside in range(at, len(vectors), 16 * _ROWS):
            scores = block @ np.asarray(vectors[beside : beside + 16 * _ROWS]).T
            y, x = np.nonzero(scores >= threshold)
            later = x + beside > y + at
            rows.append(y[later] + at)
            others.append(x[later] + beside)
            cosines.append(scores[y[later], x[later]])
        yield _nearest(np.concatenate(rows), np.concatenate(others), np.concatenate(cosines))
        report(min(at + _ROWS, len(vectors)), len(vectors))


def _nearest(rows: NDArray[np.int64], others: NDArray[np.int64], cosines: NDArray[np.float32]) -> _Part:
    """Of each row the nearest of its neighbours alone."""
    order = np.lexsort((-cosines, rows))
    rows, others, cosines = rows[order], others[order], cosines[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = place < NEIGHBOURS
    return rows[kept], others[kept], cosines[kept]


def _by_graph(vectors: Vectors, threshold: float, work: Path, report: Progress) -> Iterator[_Part]:
    total = 2 * len(vectors)
    with temporary_folder(work) as folder:
        store = build_hnsw(folder, all_of(vectors, ""), lambda done, _: report(done, total))
        for at in range(0, len(vectors), _ROWS):
            found, cosines = store.search(np.asarray(vectors[at : at + _ROWS]), NEIGHBOURS + 1)
            own = np.arange(at, at + len(found))[:, None]
            y, x = np.nonzero((cosines >= threshold) & (found != own) & (found >= 0))
            yield y + at, found[y, x], cosines[y, x]
            report(len(vectors) + min(at + _ROWS, len(vectors)), total)
