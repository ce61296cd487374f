"""One contract for all stores: they find what exact search finds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bddseg_tui.index.stores import Store
from bddseg_tui.index.stores.exact import exact_search
from bddseg_tui.index.stores.hnsw import RECALL, all_of, build_hnsw, load_hnsw
from bddseg_tui.index.stores.milvus import open_milvus
from bddseg_tui.index.vector_types import Vectors

COUNT, DIMENSION = 600, 32


@pytest.fixture(scope="module")
def matrix() -> Vectors:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((20, DIMENSION))
    raw = centres[rng.integers(20, size=COUNT)] + 0.6 * rng.standard_normal((COUNT, DIMENSION))
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)


OPENERS: dict[str, Callable[[Path, Vectors], Store]] = {
    "hnsw": lambda folder, matrix: build_hnsw(folder, all_of(matrix, "sum")),
    "milvus": lambda folder, matrix: open_milvus(str(folder / "lite.db"), "test", matrix, "sum"),
}


@pytest.fixture(scope="module", params=list(OPENERS))
def store(request: pytest.FixtureRequest, matrix: Vectors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "milvus":
        pytest.importorskip("pymilvus")
    opened = OPENERS[request.param](tmp_path_factory.mktemp(request.param), matrix)
    yield opened
    opened.close()


def test_a_vector_is_its_own_nearest(store: Store, matrix: Vectors) -> None:
    rows, scores = store.search(matrix[:50], 1)
    assert rows[:, 0].tolist() == list(range(50))
    assert np.allclose(scores[:, 0], 1, atol=1e-4)


def test_recall_at_10_against_exact_search_is_at_least_99_percent(store: Store, matrix: Vectors) -> None:
    rng = np.random.default_rng(1)
    queries = matrix[:100] + 0.1 * rng.standard_normal((100, DIMENSION)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    rows, _ = store.search(queries, 10)
    truth = np.argsort(-queries @ matrix.T, axis=1)[:, :10]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(rows.tolist(), truth.tolist(), strict=True)])
    assert recall >= RECALL


def test_scores_are_cosines_best_first(store: Store, matrix: Vectors) -> None:
    rows, scores = store.search(matrix[:3], 5)
    assert (np.diff(scores, axis=1) <= 1e-6).all()
    for row, score, query in zip(rows, scores, matrix[:3], strict=True):
        assert np.allclose(matrix[row] @ query, score, atol=1e-4)


def test_asking_for_more_than_there_is_fills_up_with_nothing(store: Store, matrix: Vectors) -> None:
    rows, scores = store.search(matrix[:2], COUNT + 5)
    assert rows.shape == (2, COUNT + 5)
    assert (rows[:, -5:] == -1).all() and np.isneginf(scores[:, -5:]).all()


def test_exact_search_finds_the_largest_dot_products_best_first(matrix: Vectors) -> None:
    rows, scores = exact_search(matrix[:30], matrix, 7)
    assert rows.tolist() == np.argsort(-matrix[:30] @ matrix.T, axis=1, kind="stable")[:, :7].tolist()
    assert np.allclose(scores, np.take_along_axis(matrix[:30] @ matrix.T, rows, 1), atol=1e-6)


def test_exact_search_of_no_vectors_finds_nothing() -> None:
    rows, _ = exact_search(np.ones((1, 4), np.float32), np.zeros((0, 4), np.float32), 3)
    assert rows.tolist() == [[-1, -1, -1]]


def test_a_graph_is_only_loaded_for_the_vectors_it_was_built_of(matrix: Vectors, tmp_path: Path) -> None:
    built = build_hnsw(tmp_path, all_of(matrix, "sum"))
    assert load_hnsw(tmp_path, "other", DIMENSION) is None
    assert load_hnsw(tmp_path, "sum", DIMENSION * 2) is None
    again = load_hnsw(tmp_path, "sum", DIMENSION)
    assert again is not None and again.facts == built.facts


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "json"])
def test_a_damaged_graph_is_not_loaded(matrix: Vectors, tmp_path: Path, damage: str) -> None:
    build_hnsw(tmp_path, all_of(matrix, "sum"))
    file = tmp_path / ("hnsw.json" if damage == "json" else "hnsw.bin")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes({"flip": bytes(data), "cut": bytes(data[:100]), "empty": b"", "json": b"{"}[damage])
    assert load_hnsw(tmp_path, "sum", DIMENSION) is None


def test_milvus_is_filled_anew_when_the_vectors_are_others(matrix: Vectors, tmp_path: Path) -> None:
    pytest.importorskip("pymilvus")
    first = open_milvus(str(tmp_path / "lite.db"), "test", matrix[:50], "one")
    first.close()
    second = open_milvus(str(tmp_path / "lite.db"), "test", matrix[50:120], "two")
    rows, scores = second.search(matrix[50:52], 1)
    second.close()
    assert rows[:, 0].tolist() == [0, 1] and np.allclose(scores[:, 0], 1, atol=1e-4)
