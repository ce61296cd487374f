"""The map of embeddings: how long laying out takes by number of images, and a key of the screen at the most of them.

python -m benchmarks.embedding_map [--counts 1000 10000 100000] [--keys 100] [--json FILE]

Vectors are made up: 60 groups in 512 dimensions, unit length. A key is timed in a headless app of 160x45, until all
messages of it are worked off and the screen is composed again.
"""

import argparse
import asyncio
import resource
import time
from pathlib import Path

import numpy as np
from textual.app import App, ComposeResult

from bddseg_tui.core.data.map_points import MapColors, MapPoints
from bddseg_tui.index.embedding_map import Layout, lay_out
from bddseg_tui.index.vector_types import Vectors
from bddseg_tui.tui.dataset.map_plot import MapPlot, ShownMap
from benchmarks.report import publish

DIMENSION, GROUPS = 512, 60


def made_up(count: int) -> Vectors:
    """Unit vectors in groups, float32 [count, 512]."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(GROUPS, DIMENSION)).astype(np.float32)
    vectors = centres[rng.integers(0, GROUPS, count)] + 0.8 * rng.normal(size=(count, DIMENSION)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def laid_out(vectors: Vectors, new: int = 0) -> tuple[Layout, float]:
    """A layout and its seconds; with `new` so many come later, to a map that has the others."""
    start = time.monotonic()
    known = np.full((len(vectors), 2), np.nan, np.float32)
    if new:
        known[new:] = np.random.default_rng(1).random((len(vectors) - new, 2))
    return lay_out(vectors, known, lambda phase, done, total: None), time.monotonic() - start


class _MapApp(App[None]):
    def __init__(self, shown: ShownMap) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        yield MapPlot(id="plot")

    def on_mount(self) -> None:
        self.query_one(MapPlot).show(self._shown)


async def key_times(layout: Layout, keys: int) -> list[float]:
    """Milliseconds of moves, zooms and pans over a map."""
    count = len(layout.points)
    groups = layout.clusters % 12
    colors = MapColors("cluster", groups, tuple(map(str, range(12))), (0,) * 12, ordered=False)
    app = _MapApp(ShownMap(MapPoints(np.arange(count), layout.points), colors))
    taken = []
    async with app.run_test(size=(160, 45)) as pilot:
        plot = app.query_one(MapPlot)
        steps = (
            lambda: plot.move(1, 0),
            lambda: plot.zoom_by(1.5),
            lambda: plot.move(200, 0),
            lambda: plot.zoom_by(1 / 1.5),
            lambda: plot.move(-200, 0),
        )
        for at in range(keys):
            start = time.perf_counter()
            steps[at % len(steps)]()
            await pilot.pause()
            taken.append(1000 * (time.perf_counter() - start))
    return taken


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    # Its machine code is compiled once and kept: that is no image's cost.
    laid_out(made_up(200))
    rows, facts = [("images", "laid out, s", "a twentieth new, s", "largest MiB")], {}
    for count in arguments.counts:
        vectors = made_up(count)
        layout, seconds = laid_out(vectors)
        _, placing = laid_out(vectors, count // 20)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rows.append((f"{count:,}", f"{seconds:.1f}", f"{placing:.1f}", f"{memory:,}"))
        facts[str(count)] = {"seconds": seconds, "placing": placing, "mib": memory}
    taken = asyncio.run(key_times(layout, arguments.keys))
    p50, p95 = np.percentile(taken, [50, 95])
    print(f"a key at {arguments.counts[-1]:,} images: median {p50:.0f} ms, p95 {p95:.0f} ms")
    facts["key"] = {"median": float(p50), "p95": float(p95)}
    publish("the map of embeddings", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
