"""Approximate search with hnswlib, for more than 100,000 images. Its file is a cache of the matrix, nothing more.

hnswlib loads a file of another dimension, or with damaged vectors, without a word, forgets its `ef` when it does, and
writes in place. So a small JSON file beside it says which matrix it is of, with its own checksum, and it is written
under another name first. Reads during writes are not safe there; here an index is never changed after it was built.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from core.atomic import sync_folder, write_text
from core.records import Count, Fraction, Real, read_record
from core.temporaries import temporary_folder
from index.stores import Rows, Vectors, padded
from index.stores.exact import top
from index.vectors import checksum

LINKS, EF_CONSTRUCTION = 32, 200
RECALL = 0.99
_SAMPLE = 200


@dataclass(frozen=True)
class HnswFacts:
    """What was built and how well it finds: `recall` is recall@10 of `ef` against exact search."""

    vectors: str
    sha256: str
    count: Count
    dimension: Count
    links: Count
    ef_construction: Count
    ef: Count
    recall: Fraction
    seconds: Real


class HnswStore:
    """A built index in memory."""

    name = "hnsw"

    def __init__(self, index: Any, facts: HnswFacts) -> None:
        self._index, self.facts = index, facts
        index.set_ef(facts.ef)

    def search(self, queries: Vectors, count: int) -> tuple[Rows, Vectors]:
        """See `index.stores`."""
        count_here = min(count, self.facts.count)
        self._index.set_ef(max(self.facts.ef, count_here))
        rows, distances = self._index.knn_query(queries, k=count_here)
        return padded(rows.astype(np.int64), (1 - distances).astype(np.float32), count)

    def close(self) -> None:
        """Nothing to let go of."""


def build_hnsw(
    folder: Path, matrix: Vectors, vectors_sha256: str, report: Callable[[int, int], None] | None = None
) -> HnswStore:
    """Builds an index over unit vectors [n, dimension], tunes `ef` until recall@10 is 0.99, and keeps both on disk."""
    import hnswlib

    start = time.monotonic()
    count, dimension = matrix.shape
    index = hnswlib.Index(space="ip", dim=dimension)
    index.init_index(max_elements=max(1, count), M=LINKS, ef_construction=EF_CONSTRUCTION, random_seed=0)
    for at in range(0, count, 10_000):
        part = np.asarray(matrix[at : at + 10_000])
        index.add_items(part, np.arange(at, at + len(part)))
        if report:
            report(at + len(part), count)
    ef, recall = tune(index, matrix)
    with temporary_folder(folder) as writing:
        temporary = writing / "hnsw.bin"
        index.save_index(os.fspath(temporary))
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        facts = HnswFacts(
            vectors_sha256,
            checksum(temporary),
            count,
            dimension,
            LINKS,
            EF_CONSTRUCTION,
            ef,
            round(recall, 4),
            round(time.monotonic() - start, 1),
        )
        temporary.replace(folder / "hnsw.bin")
    sync_folder(folder)
    write_text(folder / "hnsw.json", json.dumps(asdict(facts), indent=1))
    return HnswStore(index, facts)


@cache
def _facts() -> TypeAdapter[HnswFacts]:
    return TypeAdapter(HnswFacts)


def load_hnsw(folder: Path, vectors_sha256: str, dimension: int) -> HnswStore | None:
    """The index on disk, or None where there is none, it is damaged, or it is of other vectors."""
    import hnswlib

    try:
        facts = read_record(_facts(), folder / "hnsw.json", 1 << 20)
        wrong = facts.vectors != vectors_sha256 or facts.dimension != dimension
        if wrong or checksum(folder / "hnsw.bin") != facts.sha256:
            return None
        index = hnswlib.Index(space="ip", dim=dimension)
        index.load_index(os.fspath(folder / "hnsw.bin"), max_elements=facts.count)
    except (OSError, ValueError, TypeError, RuntimeError):
        return None
    return HnswStore(index, facts)


def tune(index: Any, matrix: Vectors) -> tuple[int, float]:
    """The smallest `ef` of a doubling series that reaches the recall, and the recall@10 that it has.

    The queries lie a little beside vectors of the matrix: a text's embedding is never one of them either.
    """
    count, dimension = matrix.shape
    wanted = min(10, count)
    rng = np.random.default_rng(0)
    sample = np.asarray(matrix[np.sort(rng.choice(count, min(_SAMPLE, count), replace=False))])
    noise = rng.standard_normal(sample.shape, dtype=np.float32) * np.float32(0.5 / np.sqrt(dimension))
    queries = sample + noise
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    truth, _ = top(queries, matrix, wanted)
    ef, recall = 50, 0.0
    while True:
        index.set_ef(max(ef, wanted))
        found, _ = index.knn_query(queries, k=wanted)
        recall = float(
            np.mean([len(set(a) & set(b)) / wanted for a, b in zip(found.tolist(), truth.tolist(), strict=True)])
        )
        if recall >= RECALL or ef >= 3200 or ef >= count:
            return ef, recall
        ef *= 2
