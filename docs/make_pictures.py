"""Makes the pictures of the README from the running app: python docs/make_pictures.py

Draws the demo dataset, trains on it for a few minutes, evaluates, and builds an index, and saves the four panes as SVG.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from core.config import build_config
from core.engine import Engine
from core.workspace import Workspace
from tui.app import BddsegApp
from tui.widgets.class_table import ClassTable
from tui.widgets.picture import PictureView
from tui.widgets.turn_view import TurnView

SIZE = (132, 38)
QUESTION = "I drive through the city at night, is there a bus?"
PANES = {"dataset": ("j", "j", "j", "j", "o"), "train": ("2",), "evaluate": ("3",), "ask": ("4", *QUESTION, "enter")}


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
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["BDDSEG_WORKSPACE"] = scratch
        engine = Engine(Workspace(Path(scratch)))
        dataset = engine.demo()
        engine.scan(engine.open(dataset), lambda done, total: None)
        run = engine.train(dataset, build_config("demo"), "demo")
        assert engine.wait(run.folder).state == "finished", run.status.message
        assert engine.wait(engine.evaluate(run)).state == "finished"
        assert engine.wait(engine.retrieval.build(dataset)).state == "finished"
        for name, keys in PANES.items():
            asyncio.run(picture(engine.workspace, dataset, name, keys, Path(__file__).parent))


if __name__ == "__main__":
    main()
