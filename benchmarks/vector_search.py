"""Queries over many vectors: exact search and hnswlib as this program uses them, against numpy and faiss-cpu.

python -m benchmarks.vector_search [--counts 10000 100000] [--queries 300] [--json FILE]

Vectors are 512 numbers long and lie in clusters, as embeddings do; queries lie near some of them. One thread.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import faiss  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from bddseg_tui.index.stores.exact import exact_search  # noqa: E402
from bddseg_tui.index.stores.hnsw import EF_CONSTRUCTION, LINKS, all_of, build_hnsw  # noqa: E402
from benchmarks.report import publish, quantile  # noqa: E402

DIMENSION, CLUSTERS, TOP = 512, 400, 10
Vectors = NDArray[np.float32]
Search = Callable[[Vectors], Any]


def make_vectors(count: int, queries: int) -> tuple[Vectors, Vectors]:
    """(matrix float32 [count, 512], queries float32 [queries, 512]) of unit length."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CLUSTERS, DIMENSION), dtype=np.float32)
    matrix = np.empty((count, DIMENSION), np.float32)
    for at in range(0, count, 50_000):
        size = min(50_000, count - at)
        part = centres[rng.integers(CLUSTERS, size=size)]
        matrix[at : at + size] = part + 0.9 * rng.standard_normal((size, DIMENSION), dtype=np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    near = matrix[rng.integers(count, size=queries)] + 0.02 * rng.standard_normal((queries, DIMENSION)).astype("f4")
    return matrix, (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)


def measure(search: Search, queries: Vectors, truth: NDArray[np.int64]) -> dict[str, float]:
    """Milliseconds (p50, p99) of single queries, and recall@10."""
    search(queries[:1])
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        rows = search(query[None])
        times.append(1000 * (time.perf_counter() - start))
        found.append(set(np.asarray(rows).ravel().tolist()))
    recall = (
        1.0
        if truth is None
        else float(np.mean([len(f & set(t)) / TOP for f, t in zip(found, truth.tolist(), strict=True)]))
    )
    return {"p50_ms": quantile(times, 0.5), "p99_ms": quantile(times, 0.99), "recall": recall}


def compare(count: int, queries: int) -> dict[str, dict[str, float]]:
    """Every engine over the same vectors."""
    matrix, asked = make_vectors(count, queries)
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(matrix)
    truth = flat.search(asked, TOP)[1]
    results: dict[str, dict[str, float]] = {}

    def plain(query: Vectors) -> Any:
        scores = (query @ matrix.T)[0]
        part = np.argpartition(-scores, TOP)[:TOP]
        return part[np.argsort(-scores[part])]

    results["ours, exact"] = measure(lambda q: exact_search(q, matrix, TOP)[0], asked, truth)
    results["numpy"] = measure(plain, asked, truth)
    results["faiss flat"] = measure(lambda q: flat.search(q, TOP)[1], asked, truth)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        store = build_hnsw(Path(folder), all_of(matrix, "benchmark"))
        built = time.perf_counter() - start
    name = f"ours, hnswlib (ef {store.facts.ef}, tuned)"
    results[name] = {**measure(lambda q: store.search(q, TOP)[0], asked, truth), "build_s": built}
    graph = faiss.IndexHNSWFlat(DIMENSION, LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = EF_CONSTRUCTION
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    start = time.perf_counter()
    graph.add(matrix)
    built = time.perf_counter() - start
    faiss.omp_set_num_threads(1)
    graph.hnsw.efSearch = store.facts.ef
    results[f"faiss hnsw (ef {store.facts.ef})"] = {
        **measure(lambda q: graph.search(q, TOP)[1], asked, truth),
        "build_s": built,
    }
    return results


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    rows: list[tuple[str, ...]] = [("vectors", "engine", "p50 ms", "p99 ms", "recall@10", "build s")]
    facts: dict[str, Any] = {}
    for count in arguments.counts:
        facts[str(count)] = found = compare(count, arguments.queries)
        for name, r in found.items():
            built = f"{r['build_s']:.1f}" if "build_s" in r else "-"
            rows.append((f"{count:,}", name, f"{r['p50_ms']:.2f}", f"{r['p99_ms']:.2f}", f"{r['recall']:.3f}", built))
    publish("single queries, one thread", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
