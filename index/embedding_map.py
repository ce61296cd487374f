"""The embeddings of an index in two dimensions, so that images that look alike lie beside each other.

PaCMAP (Wang et al. 2021, arXiv 2012.04456, JMLR 22) places them, in a small part of the time of umap-learn, which was
turned down for that. Images that come later are laid beside those that they are most like, so that nothing moves under
the eyes of whoever knows the map: PaCMAP's own `transform` needs its pickled state, and this program reads no pickles.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.vector_types import Vectors

NEIGHBOURS = 10
MOST_PLACED = 0.25
"""Where more than this share of the images came later than the map, it is drawn anew."""
MOST_CLUSTERS = 30
_BLOCK = 256
Points = NDArray[np.float32]
"""[n, 2], 0..1."""
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where images lie: points float32 [n, 2] in 0..1, clusters int64 [n] from 1 on, and how many were only placed."""

    points: Points
    clusters: NDArray[np.int64]
    placed: int
    seconds: float


def lay_out(vectors: Vectors, known: Points, report: Report) -> Layout:
    """Lays images out by their unit vectors, float32 [n, dimension].

    Args:
        vectors: of all images.
        known: where those lie that a map has already, float32 [n, 2]; NaN for the others.
        report: called with (phase, done, total).

    Raises:
        BddsegError: there are too few images, or the library is not installed.
    """
    start = time.monotonic()
    if len(vectors) < 4:
        raise BddsegError(f"a map needs at least 4 images, and the index has {len(vectors)}")
    new = np.isnan(known[:, 0])
    if new.mean() > MOST_PLACED:
        report("lay out", 0, len(vectors))
        points, placed = _unit_square(_pacmap(vectors)), 0
    else:
        points, placed = place(vectors, known, report), int(new.sum())
    report("clusters", 0, len(vectors))
    return Layout(points, _clusters(points), placed, time.monotonic() - start)


def place(vectors: Vectors, known: Points, report: Report) -> Points:
    """The same points, with each NaN laid among the most similar images that have a place, nearest to the likest."""
    points = known.copy()
    there, new = np.flatnonzero(~np.isnan(known[:, 0])), np.flatnonzero(np.isnan(known[:, 0]))
    base = np.ascontiguousarray(vectors[there])
    count = min(NEIGHBOURS, len(there))
    for at in range(0, len(new), _BLOCK):
        report("place", at, len(new))
        some = new[at : at + _BLOCK]
        similar = vectors[some] @ base.T
        nearest = np.argpartition(-similar, count - 1, axis=1)[:, :count]
        weight = np.take_along_axis(similar, nearest, axis=1)
        # The likest counts most: of equals all count the same, of an image that is there already it alone.
        weight = np.exp((weight - weight.max(axis=1, keepdims=True)) / 0.02)
        points[some] = (known[there][nearest] * weight[..., None]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    return points


def _pacmap(vectors: Vectors) -> NDArray[np.float32]:
    try:
        import pacmap  # type: ignore[import-untyped]  # pacmap has no types
    except ImportError as error:
        raise BddsegError(
            f"a map is laid out by pacmap, which cannot be loaded ({error}): pip install 'bddseg-tui[map]'"
        ) from error
    # From its own n_neighbors it draws far pairs, which it needs more images for.
    neighbours = min(NEIGHBOURS, len(vectors) // 3) or 1
    reducer = pacmap.PaCMAP(n_components=2, n_neighbors=neighbours, random_state=0)
    points: NDArray[np.float32] = reducer.fit_transform(np.ascontiguousarray(vectors), init="pca")
    return points


def _unit_square(points: NDArray[np.float32]) -> Points:
    """Into 0..1 in each direction, from edge to edge; outliers beyond 0.1 % are drawn in."""
    low, high = np.quantile(points, [0.001, 0.999], axis=0)
    size = np.maximum(1.04 * (high - low), np.finfo(np.float32).tiny)
    square: Points = np.clip((points - (low + high) / 2) / size + 0.5, 0, 1).astype(np.float32)
    return square


def _clusters(points: Points) -> NDArray[np.int64]:
    """Groups of points, numbered from the largest, 1, on."""
    from sklearn.cluster import MiniBatchKMeans

    count = int(np.clip(np.sqrt(len(points) / 20), 2, MOST_CLUSTERS))
    found = MiniBatchKMeans(count, random_state=0, n_init=3).fit_predict(points)
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(1, count + 1)
    clusters: NDArray[np.int64] = rank[found]
    return clusters
