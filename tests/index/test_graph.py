"""A graph grows with its vectors and forgets what is gone; it is built anew only where that is better."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.abc import MetaPathFinder
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.retrieval.manifest import EXACT_LIMIT, read_manifest
from bddseg_tui.index.build import build_index
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.search import open_searcher
from bddseg_tui.index.stores.exact import exact_search
from bddseg_tui.index.stores.hnsw import RECALL, GraphVectors, HnswStore, load_hnsw, update_hnsw
from bddseg_tui.index.vector_table import checksum
from bddseg_tui.index.vector_types import Rows, Vectors

DIMENSION = 24


class Growing:
    """A file of vectors that rows are appended to and that some die in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path, self.dead = folder, folder / "vectors-0.f32", set[int]()
        self._rng = np.random.default_rng(0)
        self._centres = self._rng.standard_normal((12, DIMENSION))
        self.matrix: Vectors = np.zeros((0, DIMENSION), np.float32)
        self.added: list[int] = []

    def add(self, count: int) -> None:
        raw = self._centres[self._rng.integers(12, size=count)] + 0.6 * self._rng.standard_normal((count, DIMENSION))
        fresh = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
        self.matrix = np.concatenate([self.matrix, fresh])
        self.path.write_bytes(self.matrix.tobytes())

    @property
    def alive(self) -> Rows:
        return np.asarray([r for r in range(len(self.matrix)) if r not in self.dead], np.int64)

    def update(self) -> HnswStore:
        """Brings the graph up to date; `added` is told how many rows that took."""
        self.added = []
        vectors = GraphVectors(self.matrix, self.alive, checksum(self.path), self.path)
        return update_hnsw(self.folder, vectors, lambda done, total: self.added.append(total))

    def recall(self, store: HnswStore) -> float:
        queries = self.matrix[self.alive[:100]] + 0.1 * self._rng.standard_normal((100, DIMENSION)).astype(np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        found, _ = store.search(queries, 10)
        truth = self.alive[exact_search(queries, self.matrix[self.alive], 10)[0]]
        return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found.tolist(), truth.tolist(), strict=True)]))


@pytest.fixture
def growing(tmp_path: Path) -> Growing:
    made = Growing(tmp_path)
    made.add(400)
    assert made.update().facts.count == 400 and made.added == [400]
    return made


def test_only_new_rows_are_added_and_found_as_well_as_the_old(growing: Growing) -> None:
    growing.add(150)
    store = growing.update()
    assert growing.added == [150]
    rows, _ = store.search(growing.matrix[-150:], 1)
    assert rows[:, 0].tolist() == list(range(400, 550))
    assert store.facts.recall >= RECALL and growing.recall(store) >= RECALL


def test_nothing_is_added_where_nothing_has_changed(growing: Growing) -> None:
    before = (growing.folder / "hnsw.bin").stat().st_mtime_ns
    growing.update()
    assert growing.added == [] and (growing.folder / "hnsw.bin").stat().st_mtime_ns == before


def test_rows_that_died_are_not_found_again_and_again(growing: Growing) -> None:
    for gone in (range(40), range(40, 80)):
        growing.dead |= set(gone)
        store = growing.update()
        assert growing.added == [] and store.facts.count == len(growing.alive)
        rows, _ = store.search(growing.matrix[:80], 10)
        assert not set(rows.ravel().tolist()) & growing.dead
    loaded = load_hnsw(growing.folder, checksum(growing.path), DIMENSION, growing.path.name)
    assert loaded is not None and growing.recall(loaded) >= RECALL
    assert set(loaded.search(growing.matrix[:1], 400)[0][0].tolist()) == {-1, *growing.alive.tolist()}


def test_a_graph_of_which_too_much_is_dead_is_built_anew(growing: Growing) -> None:
    growing.dead = set(range(150))
    store = growing.update()
    assert growing.added == [250] and store.facts.count == 250 and growing.recall(store) >= RECALL


def other_file(growing: Growing) -> None:
    growing.path = growing.path.rename(growing.folder / "vectors-1.f32")


def other_rows(growing: Growing) -> None:
    growing.matrix = np.ascontiguousarray(growing.matrix[::-1])


def torn(growing: Growing) -> None:
    """Killed after the graph was replaced and before its facts were."""
    (growing.folder / "hnsw.bin").write_bytes((growing.folder / "hnsw.bin").read_bytes() + b"x")


def of_before(growing: Growing) -> None:
    """As versions before this one wrote it, whose labels were places and not rows."""
    facts = json.loads((growing.folder / "hnsw.json").read_text())
    for name in ("file", "rows", "alive"):
        del facts[name]
    (growing.folder / "hnsw.json").write_text(json.dumps(facts))


@pytest.mark.parametrize("change", [other_file, other_rows, torn, of_before])
def test_a_graph_of_something_else_is_built_anew(growing: Growing, change: Callable[[Growing], None]) -> None:
    change(growing)
    growing.add(10)
    assert growing.update().facts.count == 410 and growing.added == [410]


def test_an_index_beyond_the_limit_finds_what_exact_search_finds_while_images_come_and_go(
    dataset: Path, clip: Clip, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    images = [s.image for s in list_samples(open_dataset(dataset))]
    told: list[int] = []

    def tell(phase: str, done: int, total: int) -> None:
        if phase == "graph":
            told.append(total)

    def same() -> None:
        build_index(open_dataset(dataset), clip, folder, tell, exact_limit=5)
        graph, exact = open_searcher(folder, clip, exact_limit=5), open_searcher(folder, clip)
        assert graph.method == "hnsw" and exact.method == "exact"
        for image in graph.images:
            near, truth = (
                [(h.image, round(h.score, 4), h.duplicates) for h in s.by_picture(image, 8)] for s in (graph, exact)
            )
            assert near == truth

    same()
    images[0].unlink()
    same()
    images[1].with_name("the-same-again.jpg").write_bytes(images[1].read_bytes())
    same()
    Image.effect_noise((96, 54), 80).convert("RGB").save(images[2].with_name("new.jpg"))
    same()
    assert told == [21, 1]
    for image in images[3:12]:
        image.unlink()
    same()
    # Two images share a row, and a file of which a fifth is dead becomes another.
    assert told[2:] == [12] and os.listdir(folder).count("vectors-1.f32") == 1


class NoHnswlib(MetaPathFinder):
    """An import of hnswlib fails, as one does that was built for another C library."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "hnswlib":
            raise ImportError("hnswlib cannot be loaded")


@pytest.fixture(params=["missing", "broken"])
def no_hnswlib(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, it takes hnswlib away from this process."""

    def take_away() -> None:
        if request.param == "missing":
            monkeypatch.setitem(sys.modules, "hnswlib", None)
        else:
            monkeypatch.delitem(sys.modules, "hnswlib", raising=False)
            monkeypatch.setattr(sys, "meta_path", [NoHnswlib(), *sys.meta_path])

    return take_away


def test_without_hnswlib_the_search_is_exact_and_the_index_says_what_would_be_faster(
    dataset: Path, clip: Clip, tmp_path: Path, no_hnswlib: Callable[[], None]
) -> None:
    folder, phases = tmp_path / "index", set()
    no_hnswlib()
    build_index(open_dataset(dataset), clip, folder, lambda phase, _done, _total: phases.add(phase), exact_limit=5)
    searcher = open_searcher(folder, clip, exact_limit=5)
    assert searcher.method == "exact" and phases == {"encode", "calibrate"}
    assert searcher.by_picture(searcher.images[3], 1)[0].image != searcher.images[3]
    manifest = read_manifest(folder)
    assert manifest is not None and manifest.method == "exact search" and manifest.advice == ""
    many = replace(manifest, count=EXACT_LIMIT + 1)
    assert many.method == "exact search" and "pip install 'bddseg-tui[ann]'" in many.advice


def test_a_graph_that_is_there_is_left_alone_without_hnswlib(
    dataset: Path, clip: Clip, tmp_path: Path, no_hnswlib: Callable[[], None]
) -> None:
    folder = tmp_path / "index"
    build_index(open_dataset(dataset), clip, folder, lambda *_: None, exact_limit=5)
    manifest = read_manifest(folder)
    assert manifest and replace(manifest, count=EXACT_LIMIT + 1).method.startswith("hnswlib, recall@10")
    no_hnswlib()
    assert open_searcher(folder, clip, exact_limit=5).method == "exact"
    manifest = read_manifest(folder)
    assert manifest and replace(manifest, count=EXACT_LIMIT + 1).method == "exact search"
