"""What the disk did not take is told; the app goes on."""

from pathlib import Path

from bddseg_tui.core.retrieval.chats import Chat, Turn
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.ask.saved_chats import SavedChats
from bddseg_tui.tui.dataset.sample_list import SampleList
from tests.tui.conftest import Told, until


async def test_settings_that_are_not_kept(told: Told, app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.query_one(SampleList).count == 21)
        await until(pilot, app.engine.workspace.settings.exists)
        app.engine.workspace.settings.unlink()
        app.engine.workspace.settings.mkdir()
        await pilot.press("D")
        await until(pilot, lambda: "these settings are not kept" in told())
        assert app.theme == "bddseg-light"


async def test_a_turn_and_a_deletion_that_are_not_kept(told: Told, app: BddsegApp, tmp_path: Path) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.query_one(SampleList).count == 21)
        await pilot.press("4")
        await until(pilot, lambda: app.query(AskPane))
        pane = app.query_one(AskPane)
        (tmp_path / "chat.jsonl").mkdir()
        pane.asking.chat = chat = Chat(tmp_path / "chat.jsonl", "/data", 1.0)
        pane.asking.ended(Turn(1, "is there a bus?"))
        await until(pilot, lambda: "this turn is not kept" in told())
        pane.query_one(SavedChats).delete(chat)
        await pilot.press("y")
        await until(pilot, lambda: "cannot be deleted: it is a folder" in told())
