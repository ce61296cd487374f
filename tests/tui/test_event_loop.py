"""Nothing blocks the event loop: no file, process or query on its thread, wherever one goes in the app."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.widgets import ContentSwitcher

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.settings import check_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.shared.commands import APP, Command
from bddseg_tui.tui.shared.pane import Pane
from tests.tui.conftest import AppPilot, until
from tests.tui.event_loop import blocking, watched_loop

PANES = {"1": "dataset", "2": "train", "3": "evaluate", "4": "ask"}
ELSEWHERE = ("quit", "show", "resume_run", "evaluate_run", "build_index")
"""Commands that end the app, change the pane, or start a process that takes longer than this test."""
TYPED = {
    "filter": ["class:bus", "enter"],
    "sort": ["b", "u", "s", "enter"],
    "pick_class": ["down", "enter"],
    "tag": [*"night", "enter"],
    "pick_evaluation": ["down", "enter"],
    "threshold": ["5", "enter"],
    "compare": ["down", "enter"],
    "chats": ["enter"],
    "predict": ["enter"],
    "export": ["enter"],
    "next_chart": [],
}
"""What is typed into a dialog before it is left."""


async def idle(pilot: AppPilot) -> None:
    """Waits until what a key has begun is through: workers, and the messages that they posted."""
    await until(pilot, lambda: not any(w.is_running for w in pilot.app.workers))


async def walk(pilot: AppPilot, commands: Sequence[Command], pane: str) -> None:
    """Runs each command by its key; what it opens is used, and left again."""
    app = pilot.app
    for command in commands:
        name = command.action.partition("(")[0]
        if name in ELSEWHERE:
            continue
        if isinstance(app.screen.focused, type(None)):
            app.query_one(f"#{pane}", Pane).on_shown()
        await pilot.press(command.keys.split(",")[0])
        await idle(pilot)
        typed = TYPED.get(name, [])
        if typed and (len(app.screen_stack) > 1 or name == "filter"):
            await pilot.press(*typed)
            await idle(pilot)
        for _ in range(4):
            if len(app.screen_stack) > 1:
                await pilot.press("escape")
                await idle(pilot)
        assert len(app.screen_stack) == 1, f"{command.action} opened a screen that Escape does not leave"
        app.query_one(f"#{pane}", Pane).before_command()


async def test_nothing_blocks_the_event_loop_wherever_one_goes(
    furnished: Workspace, app: BddsegApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(furnished.root, app.engine.workspace.root)
    monkeypatch.chdir(tmp_path)
    with watched_loop(monkeypatch) as found:
        async with app.run_test(size=(140, 45)) as pilot:
            await until(pilot, lambda: app.collection)
            for key, name in PANES.items():
                await pilot.press(key)
                await until(pilot, lambda: app.query_one(ContentSwitcher).current == name)  # noqa: B023 (it is awaited)
                await idle(pilot)
                pane = app.query_one(f"#{name}", Pane)
                await walk(pilot, pane.ACTIONS, name)
            await walk(pilot, APP, name)
    assert not blocking(found)


async def test_a_file_that_is_read_on_the_loop_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    save_settings(workspace, theme="light")
    with watched_loop(monkeypatch) as found:
        await asyncio.to_thread(check_settings, workspace)
        assert not found
        check_settings(workspace)
    assert "open" in set().union(*found.values())


async def test_a_query_that_is_made_on_the_loop_is_found(
    engine: Engine, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = engine.data.open(dataset).catalog
    with watched_loop(monkeypatch) as found:
        await asyncio.to_thread(catalog.splits)
        assert not found
        catalog.splits()
    assert "query" in set().union(*found.values())
