"""Chats of the Ask pane: old ones are found again, and exported."""

from pathlib import Path

from textual.widgets import Input

from bddseg_tui.core.retrieval.chats import Candidate, Turn
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.ask.turn_view import TurnView
from tests.tui.asking import ask, ended, last_turn
from tests.tui.conftest import AppPilot, until


async def test_old_chats_are_found_by_what_was_said_and_opened_again(asking: AppPilot, drawn: Path) -> None:
    chats = asking.app.query_one(AskPane).engine.chats
    turn = Turn(1, "where is the tram?", ("tram",), candidates=(Candidate("x.jpg", 0.1, 0.2),), answer="Far away.")
    chats.keep(chats.new(drawn), turn)
    await asking.press("c")
    await until(asking, lambda: len(asking.app.screen_stack) == 2)
    await asking.press(*"far away", "enter")
    await until(asking, lambda: asking.app.query(TurnView))
    assert last_turn(asking).question == "where is the tram?"


async def test_a_chat_is_exported_with_its_picture(asking: AppPilot, tmp_path: Path) -> None:
    await ask(asking, "night")
    await ended(asking)
    await asking.press("x")
    await until(asking, lambda: isinstance(asking.app.screen.focused, Input))
    asking.app.screen.query_one(Input).value = str(tmp_path / "out")
    await asking.press("enter")
    await until(asking, lambda: (tmp_path / "out/chat.md").exists())
    assert "night" in (tmp_path / "out/chat.md").read_text()
