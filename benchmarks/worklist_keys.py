"""How soon a verdict is answered: from the key until the next area's picture is taken to be shown, without a terminal.

    python -m benchmarks.worklist_keys DATASET [--areas 60] [--protocol sixel]

The areas are made up of the masks themselves. Pictures are drawn by a thread ahead of the key, so a pause between two
keys, in which a person looks, is part of what is measured.
"""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

from bddseg_tui.core.data.area_runs import Run, packed
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.image_file import read_mask
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.quality.suspects import SuspectArea, suspects_path, write_suspects
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.worklist_screen import WorklistScreen
from bddseg_tui.tui.dataset.worklist_state import WorklistState
from bddseg_tui.tui.shared.picture import PictureView
from benchmarks.report import publish, summary

LOOKS_S = 0.4
"""How long a person looks at an area at least."""


def made_up(collection: Collection, row: Row) -> SuspectArea:
    """The largest area of the class that has most areas in an image's mask."""
    assert row.mask is not None
    mask = read_mask(row.mask, strict=False)
    labels, _ = ndimage.label(mask == np.bincount(mask[mask != 19]).argmax())
    (rows, columns), number = ndimage.find_objects(labels)[0], 1
    runs: list[Run] = []
    for y in range(rows.start, rows.stop):
        edges = np.flatnonzero(np.diff(np.pad(labels[y] == number, 1).astype(np.int8)))
        runs += [(y, int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    sample = os.fspath(row.image.relative_to(collection.dataset.root))
    box = columns.start, rows.start, columns.stop, rows.stop
    pixels = sum(b - a for _, a, b in runs)
    return SuspectArea(
        sample, 1, int(mask[runs[0][0], runs[0][1]]), 13, pixels, box, packed(runs), 0.1, mask_hash(row.mask)
    )


async def measured(app: BddsegApp, keys: int) -> list[float]:
    """Seconds from each key to the picture of the next area."""
    times: list[float] = []
    async with app.run_test(size=(160, 45)) as pilot:
        while app.collection is None:
            await pilot.pause(0.05)
        await pilot.press("Q")
        while not isinstance(app.screen, WorklistScreen):
            await pilot.pause(0.05)
        view, screen = app.screen.query_one(PictureView), app.screen
        for _ in range(keys):
            await pilot.pause(LOOKS_S)
            state = screen._state
            assert isinstance(state, WorklistState) and state.item is not None
            wanted = state.judged("rejected")
            assert wanted.item is not None
            began = time.perf_counter()
            screen.action_judge("rejected")
            while view._shown != view._number:
                await asyncio.sleep(0.001)
            times.append(time.perf_counter() - began)
    return times


def main() -> None:
    """Prints minimum, median and 95th percentile."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--areas", type=int, default=60)
    parser.add_argument("--protocol", default="halfblock")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Workspace(Path(folder)))
        collection = engine.data.open(arguments.dataset)
        engine.data.scan(collection, lambda done, total: None)
        rows = engine.data.find(collection, "is:labelled")[: arguments.areas]
        write_suspects(suspects_path(engine.workspace, collection.dataset.root), [made_up(collection, r) for r in rows])
        app = BddsegApp(engine.workspace, arguments.dataset, arguments.protocol)
        times = asyncio.run(measured(app, len(rows) - 2))
    found = {name: 1000 * value for name, value in summary(times).items()}
    publish(
        f"{len(times)} verdicts, {arguments.protocol}",
        [("ms", *found), ("", *(f"{v:.1f}" for v in found.values()))],
        found,
        arguments.json,
    )


if __name__ == "__main__":
    main()
