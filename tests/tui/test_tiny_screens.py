"""Every pane and dialog on screens of a few cells: whoever drags a window's corner that far finds the app alive."""

import json
import os
from pathlib import Path

import pytest
from textual.geometry import Size

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import EventWriter
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.quality.suspects import suspects_path, write_suspects
from bddseg_tui.core.retrieval.chats import Candidate, Turn, append_turn
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.terminal.smallest_size import SMALLEST
from tests.core.test_odd_records import result
from tests.core.test_worklist import three
from tests.tui.conftest import AppPilot, until

WORDS = "Is there a bus behind the very-long-and-unbreakable-name-of-a-street, 日本語のとても長い言葉, or none?"
ALL = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SIZES = [(w, h) for w in range(1, 21) for h in (1, 2, 3, 4, 6)] if ALL else [(1, 1), (14, 3)]
SCREENS: dict[str, list[str]] = {
    "dataset": ["1"],
    "filter": ["1", "slash", "b", "u"],
    "full screen": ["1", "enter"],
    "label errors": ["1", "Q"],
    "places": ["1", "P"],
    "differences": ["1", "P", "tab"],
    "odd images": ["1", "P", "tab", "tab"],
    "train": ["2"],
    "new run": ["2", "n"],
    "evaluate": ["3"],
    "matrix": ["3", "x"],
    "ask": ["4"],
    "chats": ["4", "ctrl+o"],
    "help": ["question_mark"],
    "palette": ["ctrl+p"],
    "open": ["O"],
}


@pytest.fixture
def full(workspace: Workspace, engine: Engine, drawn: Path) -> Workspace:
    """A workspace with a run, an evaluation, a chat, measures and label errors that have something to show."""
    run = create_run(workspace, drawn, build_config("demo"), "demo")
    events = EventWriter(run.events)
    events.write("start", step=0)
    rows = result()["classes"]
    for epoch in range(1, 4):
        for step in range(10 * epoch - 9, 10 * epoch + 1):
            events.write("step", step=step, epoch=epoch, loss=1 / step, lr=1e-3, images_per_s=9.0, memory_mib=100.0)
        events.write("epoch", epoch=epoch, step=10 * epoch, train_loss=1.0, val_loss=1.0, miou19=0.5, classes=rows)
    write_status(run.folder, Status("finished", done=30, total=30, message=WORDS))
    folder = run.folder / "evaluation" / "best-val"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(result(run=run.name)))
    write_status(folder, Status("finished", heartbeat=1.0))
    image = os.fspath(next((drawn / "images").rglob("*.jpg")).relative_to(drawn))
    chat = engine.chats.new(drawn)
    for number in (1, 2):
        turn = Turn(number, WORDS, ("bus", WORDS), candidates=(Candidate(image, 0.3, 0.9),), image=image, answer=WORDS)
        chat = append_turn(chat, turn)
    collection = engine.data.open(drawn)
    engine.quality.measure(collection, lambda done, total: None)
    write_suspects(suspects_path(workspace, drawn), three(collection))
    return workspace


async def test_a_screen_of_a_few_cells_ends_nothing(full: Workspace, drawn: Path) -> None:
    app = BddsegApp(full, drawn, "halfblock")
    async with app.run_test(size=(2, 5)) as pilot:
        await until(pilot, lambda: app.query_one(SampleList).count == 21)
        for name, keys in SCREENS.items():
            await resized(pilot, 100, 30)
            await pilot.press(*keys)
            if name == "ask":
                await show_chat(pilot)
            for width, height in SIZES:
                await resized(pilot, width, height)
            assert app.failure is None and app.is_running, name
            while len(app.screen_stack) > 1:
                await pilot.press("escape")


async def resized(pilot: AppPilot, width: int, height: int) -> None:
    await pilot.resize_terminal(width, height)
    size = Size(max(width, SMALLEST.width), max(height, SMALLEST.height))
    await until(pilot, lambda: pilot.app.size == size)


async def show_chat(pilot: AppPilot) -> None:
    from bddseg_tui.tui.ask.pane import AskPane

    pane = pilot.app.query_one(AskPane)
    assert pane.collection
    (chat,) = pane.engine.chats.find(pane.collection.dataset.root)
    await pane.show_chat(chat)
