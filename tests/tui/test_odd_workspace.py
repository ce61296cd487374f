"""A workspace in which little is as it was written: the app shows what makes sense, and says why the rest does not."""

import json
import os
from pathlib import Path

import pytest
from textual.widgets import Static

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.retrieval.chats import Turn, append_turn
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.vim_list import VimList
from tests.core.test_odd_records import DEEP, result
from tests.tui.conftest import AppPilot, Told, until

EVENTS = b'{"kind": "epoch"}\n{"kind": "step", "step": 1, "epoch": 1, "loss": 0.5}\n' + DEEP + b"\nnull\n"


@pytest.fixture
def odd(workspace: Workspace, engine: Engine, drawn: Path) -> Workspace:
    """A good run with an odd evaluation, and three runs of which a file each is odd."""
    runs = [create_run(workspace, drawn, build_config("demo"), "demo") for _ in range(4)]
    for run in runs:
        write_status(run.folder, Status("finished", done=30, total=30))
    good, nested, piped, listless = runs
    for run, name, content in ((good, "best-val", result()), (good, "last-val", result(run=None))):
        folder = run.folder / "evaluation" / name
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps({**content, "run": content["run"] and run.name}))
        write_status(folder, Status("finished"))
    (nested.folder / "config.toml").write_bytes(b"a = " + DEEP)
    (piped.folder / "status.json").unlink()
    os.mkfifo(piped.folder / "status.json")
    listless.events.write_bytes(EVENTS)
    chat = append_turn(engine.chats.new(drawn), Turn(1, "is there a bus?"))
    with chat.path.open("ab") as file:
        file.write(b'{"number": null}\n' + DEEP + b"\n")
    workspace.settings.write_text("picture_bytes = nan\n")
    return workspace


def text_of(pilot: AppPilot, selector: str) -> str:
    return str(pilot.app.query_one(selector, Static).render())


async def test_the_app_shows_what_makes_sense_and_why_the_rest_does_not(
    told: Told, odd: Workspace, drawn: Path
) -> None:
    app = BddsegApp(odd, drawn, "halfblock")
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.query_one(SampleList).count == 21)
        assert "1 setting of " in told()
        await pilot.press("2")
        runs = await chosen(pilot, "#runs", "0004-demo")
        assert runs.option_count == 4
        await until(pilot, lambda: "3 events of it make no sense (line 1" in text_of(pilot, "#run-summary"))
        await chosen(pilot, "#runs", "0002-demo")
        await until(pilot, lambda: "config.toml is damaged (it is nested" in text_of(pilot, "#run-summary"))
        await chosen(pilot, "#runs", "0003-demo")
        await until(pilot, lambda: "its status file makes no sense" in text_of(pilot, "#run-summary"))
        await pilot.press("3")
        await chosen(pilot, "#evaluations", "0001-demo/last-val")
        await until(pilot, lambda: "run should be" in text_of(pilot, "#evaluation-summary"))
        await chosen(pilot, "#evaluations", "0001-demo/best-val")
        await until(pilot, lambda: " 50.0 " in text_of(pilot, "#evaluation-summary"))
        await pilot.press("4")
        await until(pilot, lambda: app.query(AskPane))
        pane = app.query_one(AskPane)
        (chat,) = pane.engine.chats.find(drawn)
        await pane.show_chat(chat)
        await until(pilot, lambda: "2 lines of " in told())
        assert app.failure is None and app.is_running


async def chosen(pilot: AppPilot, selector: str, name: str) -> VimList:
    await until(pilot, lambda: pilot.app.query(selector))
    rows = pilot.app.query_one(selector, VimList)
    await until(pilot, lambda: name in [row.id for row in rows.options])
    rows.choose(name)
    return rows
