"""Typing a question in the Ask pane, and what keys mean meanwhile."""

from textual.command import CommandList
from textual.widgets import OptionList

from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.ask.question_box import QuestionBox
from bddseg_tui.tui.ask.settings_screen import RetrievalSettingsScreen
from bddseg_tui.tui.dataset.pane import DatasetPane
from tests.tui.asking import ended, last_turn, text_of
from tests.tui.conftest import AppPilot, ask_pane_shown, until


async def test_digits_change_the_pane_unless_a_question_is_typed(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await ask_pane_shown(pilot)
        await until(pilot, lambda: "no index" in text_of(pilot, "#introduction--text"))
        await pilot.press("1")
        assert app.query_one(DatasetPane).is_shown
        await pilot.press("4", "i")
        box = app.query_one(QuestionBox)
        assert box.has_focus and box.text == ""
        await pilot.press("1")
        assert box.text == "1"
        await pilot.press("escape", "1")
        assert app.query_one(DatasetPane).is_shown and box.text == "1"


async def test_a_suggestion_is_asked_with_enter(asking: AppPilot) -> None:
    suggestions = asking.app.query_one("#suggestions", OptionList)
    await until(asking, lambda: suggestions.has_focus)
    await asking.press("j", "enter")
    await ended(asking)
    assert last_turn(asking).question == "Show me a traffic jam at night"


async def test_letters_typed_into_the_field_are_letters(asking: AppPilot) -> None:
    asking.app.query_one(QuestionBox).enter()
    await asking.press(*"nice? q 12 S")
    assert asking.app.query_one(QuestionBox).text == "nice? q 12 S"
    assert asking.app.query_one(AskPane).is_shown


async def test_the_models_are_loaded_while_the_first_question_is_typed(asking: AppPilot) -> None:
    pane = asking.app.query_one(AskPane)
    pane.engine.retrieval.close()
    asking.app.query_one(QuestionBox).enter()
    await asking.press("i")
    await until(asking, lambda: pane.engine.retrieval.client.pid)


async def test_a_line_break_grows_the_field_and_enter_sends_both_lines(asking: AppPilot) -> None:
    box = asking.app.query_one(QuestionBox)
    box.enter()
    await asking.press(*"one", "ctrl+j", *"two")
    assert box.text == "one\ntwo"
    await asking.press("enter")
    await ended(asking)
    assert box.text == ""


async def test_up_brings_back_what_was_asked(asking: AppPilot) -> None:
    box = asking.app.query_one(QuestionBox)
    box.asked = ["first", "second"]
    box.enter()
    await asking.press(*"draft", "up", "up")
    assert box.text == "first"
    await asking.press("down", "down")
    assert box.text == "draft"


async def test_the_palette_runs_a_command_of_the_pane_while_a_question_is_typed(asking: AppPilot) -> None:
    asking.app.query_one(QuestionBox).enter()
    await asking.press("ctrl+p", *"settings")
    hits = asking.app.screen.query_one(CommandList)
    await until(asking, lambda: hits.option_count and "Settings" in str(hits.get_option_at_index(0).prompt))
    await asking.press("enter")
    await until(asking, lambda: isinstance(asking.app.screen, RetrievalSettingsScreen))
