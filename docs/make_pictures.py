"""Makes the pictures of the README from the running app: python docs/make_pictures.py

Draws the demo dataset, trains on it for a few minutes, evaluates, and builds an index, and saves the four panes as SVG.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from bddseg_tui.core.demo.generate import draw_if_missing
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.evaluate.class_table import ClassTable
from bddseg_tui.tui.shared.picture import PictureView

SIZE = (132, 38)
QUESTION = "I drive through the city at night, is there a bus?"
PANES = {
    "dataset": ("j", "j", "j", "j", "o"),
    "train": ("2",),
    "evaluate": ("3",),
    "ask": ("4", "i", *QUESTION, "enter"),
}


async def picture(workspace: Workspace, dataset: Path, name: str, keys: tuple[str, ...], folder: Path) -> None:
    """Opens the app, presses the keys, waits until the pane is full, and saves it."""
    app = BddsegApp(workspace, dataset, "halfblock")
    async with app.run_test(size=SIZE) as pilot:
        while app.query_one(PictureView)._drawn is None:
            await pilot.pause(0.05)
        await pilot.press(*keys)
        await pilot.pause(2.0)
        while name == "evaluate" and not app.query_one(ClassTable).row_count:
            await pilot.pause(0.05)
        while name == "ask" and not any(v.turn.timings for v in app.query(TurnView)):
            await pilot.pause(0.05)
        await pilot.pause(1.0)
        (folder / f"{name}.svg").write_text(app.export_screenshot(title="bddseg-tui"), encoding="utf-8")
        print(folder / f"{name}.svg")


def main() -> None:
    """Draws the demo, walks through the app and saves what it shows."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["BDDSEG_WORKSPACE"] = scratch
        engine = Engine(Workspace(Path(scratch)))
        dataset = engine.workspace.demo
        draw_if_missing(dataset)
        engine.data.scan(engine.data.open(dataset), lambda done, total: None)
        run = engine.runs.train(dataset, build_config("demo"), "demo")
        assert engine.runs.wait(run.folder).state == "finished", run.status.message
        assert engine.runs.wait(engine.runs.evaluate(run)).state == "finished"
        assert engine.runs.wait(engine.retrieval.build(dataset)).state == "finished"
        for name, keys in PANES.items():
            asyncio.run(picture(engine.workspace, dataset, name, keys, Path(__file__).parent))


if __name__ == "__main__":
    main()
