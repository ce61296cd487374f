"""Approximate search with hnswlib, for more than 100,000 images. Its file is a cache of the matrix, nothing more.

hnswlib loads a file of another dimension, or with damaged vectors, without a word, forgets its `ef` when it does, and
writes in place. So a small JSON file beside it says which matrix it is of, with its own checksum, and it is written
under another name first. Reads during writes are not safe there; here a graph on disk is only ever replaced.

Its labels are rows of the matrix's file, which stay when others come or die. So a graph grows with the file: new rows
are added, dead ones marked. It is built anew where the file is another one, which it is once a fifth of it is dead
(`index/vector_table.py`), where too much of the graph is dead, and where its recall has suffered.
"""

import hashlib
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

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.atomic import sync_folder, write_text
from bddseg_tui.core.files.records import Count, Fraction, Real, read_record
from bddseg_tui.core.files.temporary_files import temporary_folder
from bddseg_tui.index.stores import padded
from bddseg_tui.index.stores.exact import exact_search
from bddseg_tui.index.vector_table import checksum
from bddseg_tui.index.vector_types import Rows, Vectors

LINKS, EF_CONSTRUCTION = 32, 200
RECALL = 0.99
MOST_DEAD = 0.3
"""The share of dead rows that a graph may carry along."""
_SAMPLE = 200
_BATCH = 10_000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class GraphVectors:
    """What a graph is of.

    Attributes:
        matrix: all rows of the file, float32 [n, dimension] of unit length, dead ones included.
        alive: the rows that images have, sorted, each once.
        sha256: the file's checksum.
        path: the file, or None for a matrix that is in memory alone.
    """

    matrix: Vectors
    alive: Rows
    sha256: str
    path: Path | None = None

    @property
    def name(self) -> str:
        """The file's name; another one is another matrix."""
        return self.path.name if self.path else ""

    def digest(self) -> str:
        """Which rows are alive, in 64 digits."""
        return hashlib.sha256(np.ascontiguousarray(self.alive, "<i8").tobytes()).hexdigest()


def all_of(matrix: Vectors, sha256: str) -> GraphVectors:
    """A matrix in memory whose every row is alive."""
    return GraphVectors(matrix, np.arange(len(matrix)), sha256)


@dataclass(frozen=True)
class HnswFacts:
    """What was built and how well it finds: `recall` is recall@10 of `ef` against exact search.

    `vectors` is the checksum of the first `rows` rows of `file`, all that there were; `alive` says which of them count.
    """

    vectors: str
    sha256: str
    count: Count
    dimension: Count
    links: Count
    ef_construction: Count
    ef: Count
    recall: Fraction
    seconds: Real
    file: str = ""
    rows: Count = 0
    alive: str = ""


def hnswlib_installed() -> bool:
    """Whether graphs can be built and loaded; the extra `ann` installs what it takes."""
    return _library() is not None


def _library() -> Any:
    # The one place that imports it: where there is no wheel it takes a compiler, so it is an extra. One that is there
    # and cannot be loaded is as good as none.
    try:
        import hnswlib
    except ImportError:
        return None
    return hnswlib


class HnswStore:
    """A built index in memory."""

    name = "hnsw"

    def __init__(self, index: Any, facts: HnswFacts) -> None:
        self._index, self.facts = index, facts
        index.set_ef(facts.ef)

    def search(self, queries: Vectors, count: int) -> tuple[Rows, Vectors]:
        """See `index.stores`; the rows are those of the matrix's file."""
        wanted = min(count, self.facts.count)
        self._index.set_ef(max(self.facts.ef, wanted))
        rows, distances = _query(self._index, queries, wanted, self.facts.rows or self.facts.count)
        return padded(rows.astype(np.int64), (1 - distances).astype(np.float32), count)

    def close(self) -> None:
        """Nothing is open."""


def _query(index: Any, queries: Vectors, count: int, most: int) -> tuple[Any, Any]:
    """hnswlib's answer. Where marked rows leave it with fewer than `count`, it is let look further."""
    while True:
        try:
            return index.knn_query(queries, k=count)  # type: ignore[no-any-return]
        except RuntimeError:
            if index.ef >= most:
                raise
            index.set_ef(min(4 * index.ef, most))


def update_hnsw(folder: Path, vectors: GraphVectors, report: Progress | None = None) -> HnswStore:
    """The graph of these vectors: that on disk, brought up to date where it is not of them, else a new one."""
    return _grown(folder, vectors, report) or build_hnsw(folder, vectors, report)


def build_hnsw(folder: Path, vectors: GraphVectors, report: Progress | None = None) -> HnswStore:
    """Builds a graph of the rows that are alive, tunes `ef` until recall@10 is 0.99, and keeps both on disk."""
    hnswlib = _library()
    start = time.monotonic()
    index = hnswlib.Index(space="ip", dim=vectors.matrix.shape[1])
    size = max(1, len(vectors.matrix))
    index.init_index(max_elements=size, M=LINKS, ef_construction=EF_CONSTRUCTION, random_seed=0)
    _add(index, vectors, vectors.alive, report)
    return _keep(folder, index, vectors, tune(index, vectors), start)


def _grown(folder: Path, vectors: GraphVectors, report: Progress | None) -> HnswStore | None:
    """The graph on disk with the rows added and marked that have come and gone; None where a new one is better."""
    start = time.monotonic()
    facts = _read_facts(folder)
    rows, dimension = vectors.matrix.shape
    if facts is None or facts.file != vectors.name or facts.dimension != dimension or not 0 < facts.rows <= rows:
        return None
    # What it was built of must stand unchanged at the beginning of the file.
    if facts.vectors != _checksum_of(vectors, facts.rows) or (index := _load(folder, facts, rows)) is None:
        return None
    if facts.rows == rows and facts.alive == vectors.digest():
        return HnswStore(index, facts)
    there = np.sort(np.asarray(index.get_ids_list(), np.int64))
    dead = np.setdiff1d(there, vectors.alive, assume_unique=True)
    fresh = np.setdiff1d(vectors.alive, there, assume_unique=True)
    if len(dead) > MOST_DEAD * len(there):
        return None
    for row in dead.tolist():
        try:
            index.mark_deleted(row)
        except RuntimeError:  # it was marked before, and the mark is in the file
            continue
    _add(index, vectors, fresh, report)
    ef, recall = tune(index, vectors)
    return _keep(folder, index, vectors, (ef, recall), start) if recall >= RECALL else None


def _add(index: Any, vectors: GraphVectors, rows: Rows, report: Progress | None) -> None:
    for at in range(0, len(rows), _BATCH):
        part = rows[at : at + _BATCH]
        index.add_items(np.asarray(vectors.matrix[part]), part)
        if report:
            report(at + len(part), len(rows))


def _keep(folder: Path, index: Any, vectors: GraphVectors, tuned: tuple[int, float], start: float) -> HnswStore:
    with temporary_folder(folder) as writing:
        temporary = writing / "hnsw.bin"
        index.save_index(os.fspath(temporary))
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        facts = HnswFacts(
            vectors=vectors.sha256,
            sha256=checksum(temporary),
            count=len(vectors.alive),
            dimension=vectors.matrix.shape[1],
            links=LINKS,
            ef_construction=EF_CONSTRUCTION,
            ef=tuned[0],
            recall=round(tuned[1], 4),
            seconds=round(time.monotonic() - start, 1),
            file=vectors.name,
            rows=len(vectors.matrix),
            alive=vectors.digest(),
        )
        temporary.replace(folder / "hnsw.bin")
    sync_folder(folder)
    write_text(folder / "hnsw.json", json.dumps(asdict(facts), indent=1))
    return HnswStore(index, facts)


def _checksum_of(vectors: GraphVectors, rows: int) -> str:
    if rows == len(vectors.matrix):
        return vectors.sha256
    digest = hashlib.sha256()
    for at in range(0, rows, _BATCH):
        digest.update(np.ascontiguousarray(vectors.matrix[at : min(at + _BATCH, rows)], "<f4").tobytes())
    return digest.hexdigest()


@cache
def _facts() -> TypeAdapter[HnswFacts]:
    return TypeAdapter(HnswFacts)


def _read_facts(folder: Path) -> HnswFacts | None:
    try:
        return read_record(_facts(), folder / "hnsw.json", 1 << 20)
    except (OSError, ValueError, TypeError, RecordError):
        return None


def _load(folder: Path, facts: HnswFacts, most: int) -> Any:
    try:
        if checksum(folder / "hnsw.bin") != facts.sha256:
            return None
        index = _library().Index(space="ip", dim=facts.dimension)
        index.load_index(os.fspath(folder / "hnsw.bin"), max_elements=max(1, most, facts.rows, facts.count))
    except (OSError, ValueError, RuntimeError):
        return None
    return index


def load_hnsw(folder: Path, vectors_sha256: str, dimension: int, file: str = "") -> HnswStore | None:
    """The graph on disk; None where it is missing or damaged, of other vectors or another file, or without hnswlib."""
    facts = _read_facts(folder) if hnswlib_installed() else None
    if facts is None or (facts.vectors, facts.dimension, facts.file) != (vectors_sha256, dimension, file):
        return None
    index = _load(folder, facts, 0)
    return None if index is None else HnswStore(index, facts)


def tune(index: Any, vectors: GraphVectors) -> tuple[int, float]:
    """The smallest `ef` of a doubling series that reaches the recall, and the recall@10 that it has.

    The queries lie a little beside vectors of the matrix: a text's embedding is never one of them either.
    """
    alive, dimension = vectors.alive, vectors.matrix.shape[1]
    count = len(alive)
    wanted = min(10, count)
    rng = np.random.default_rng(0)
    picked = alive[np.sort(rng.choice(count, min(_SAMPLE, count), replace=False))]
    sample = np.asarray(vectors.matrix[picked])
    noise = rng.standard_normal(sample.shape, dtype=np.float32) * np.float32(0.5 / np.sqrt(dimension))
    queries = sample + noise
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    whole = count == len(vectors.matrix)
    places, _ = exact_search(queries, vectors.matrix if whole else vectors.matrix[alive], wanted)
    truth = alive[places]
    ef, recall = 50, 0.0
    while True:
        index.set_ef(max(ef, wanted))
        found, _ = _query(index, queries, wanted, count)
        recall = float(
            np.mean([len(set(a) & set(b)) / wanted for a, b in zip(found.tolist(), truth.tolist(), strict=True)])
        )
        if recall >= RECALL or ef >= 3200 or ef >= count:
            return ef, recall
        ef *= 2
