"""What an index says of itself, whatever is in its files."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.retrieval.manifest import EXACT_LIMIT, manifest_problem, read_manifest

GOOD: dict[str, Any] = {
    "version": 1,
    "identity": "demo@1",
    "dimension": 256,
    "count": 3,
    "sha256": "ab",
    "built": 5.0,
    "model": "demo",
    "encoded": 3,
    "seconds": 1.5,
}
GRAPH = {"vectors": "ab", "sha256": "cd", "count": 3, "dimension": 256, "recall": 0.99}


def write(folder: Path, manifest: bytes, graph: bytes = b"") -> None:
    (folder / "manifest.json").write_bytes(manifest)
    if graph:
        (folder / "hnsw.json").write_bytes(graph)


def test_a_manifest_is_read_with_its_graph(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(GOOD).encode(), json.dumps({**GRAPH, "links": 32}).encode())
    found = read_manifest(tmp_path)
    assert found and (found.count, found.images_per_second) == (3, 2.0)
    assert found.graph == {**GRAPH, "links": 32} and manifest_problem(tmp_path) == ""


def test_a_graph_of_other_vectors_counts_as_none(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(GOOD).encode(), json.dumps({**GRAPH, "vectors": "of before"}).encode())
    found = read_manifest(tmp_path)
    assert found and found.graph is None


def test_how_an_index_is_searched_and_what_would_be_faster_is_said(tmp_path: Path) -> None:
    write(tmp_path, json.dumps({**GOOD, "count": EXACT_LIMIT + 1}).encode(), json.dumps(GRAPH).encode())
    found = read_manifest(tmp_path)
    assert found
    with_graph = replace(found, hnswlib=True)
    assert (with_graph.method, with_graph.advice) == ("hnswlib, recall@10 0.99", "")
    without_library = replace(found, hnswlib=False)
    assert without_library.method == "exact search" and "bddseg-tui[ann]" in without_library.advice
    without_graph = replace(found, hnswlib=True, graph=None)
    assert without_graph.method == "exact search" and "build the index again" in without_graph.advice
    few = replace(found, count=EXACT_LIMIT)
    assert (few.method, few.advice) == ("exact search", "")


def test_without_a_manifest_there_is_no_problem(tmp_path: Path) -> None:
    assert (read_manifest(tmp_path), manifest_problem(tmp_path)) == (None, "")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "it is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[1]", "dictionary"),
        (json.dumps({**GOOD, "count": None}).encode(), "count should be"),
        (json.dumps({**GOOD, "count": -1}).encode(), "count should be"),
        (json.dumps({**GOOD, "sha256": 3}).encode(), "sha256 should be"),
        (json.dumps(GOOD).replace("5.0", "1e999").encode(), "built should be"),
        (json.dumps(GOOD).replace("1.5", "NaN").encode(), "seconds should be"),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', "larger than"),
    ],
)
def test_a_manifest_that_makes_no_sense_says_why(tmp_path: Path, content: bytes, why: str) -> None:
    write(tmp_path, content)
    assert read_manifest(tmp_path) is None
    assert why in manifest_problem(tmp_path)


@pytest.mark.parametrize("graph", [b"{", b"[" * 100_000, b"[1]", json.dumps({**GRAPH, "recall": "high"}).encode()])
def test_a_graph_that_makes_no_sense_counts_as_none(tmp_path: Path, graph: bytes) -> None:
    write(tmp_path, json.dumps(GOOD).encode(), graph)
    found = read_manifest(tmp_path)
    assert found is not None and found.graph is None


def test_a_fifo_in_the_place_of_a_manifest_blocks_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    assert read_manifest(tmp_path) is None and "no regular file" in manifest_problem(tmp_path)
