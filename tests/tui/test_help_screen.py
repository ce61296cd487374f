"""The help: the keys of the pane at hand first, and those that are searched for."""

from rich.console import Console
from rich.table import Table
from textual.widgets import Input, Static

from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.command_groups import GROUPS
from bddseg_tui.tui.dataset.worklist_screen import WorklistScreen
from bddseg_tui.tui.help_screen import HelpScreen, help_text, matching
from tests.tui.conftest import AppPilot, until


def printed(table: Table) -> str:
    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


async def opened(app: BddsegApp, pilot: AppPilot, pane: str) -> str:
    await pilot.press(pane)
    await until(pilot, lambda: app.query(f"#{ {'2': 'train', '4': 'ask'}[pane] }"))
    await pilot.press("question_mark")
    await until(pilot, lambda: isinstance(app.screen, HelpScreen))
    return shown(app)


def shown(app: BddsegApp) -> str:
    content = app.screen.query_one("#help--text", Static).content
    return printed(content) if isinstance(content, Table) else str(content)


async def test_the_help_begins_with_the_keys_of_the_pane_at_hand(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        text = await opened(app, pilot, "2")
        lines = [line.strip() for line in text.splitlines()]
        titles = [lines.index(title) for title in ("Train", "Train: a new run", "Everywhere", "Dataset")]
        assert titles == sorted(titles)


async def test_over_a_screen_the_help_begins_with_its_keys(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(app.screen, WorklistScreen))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        lines = [line.strip() for line in shown(app).splitlines()]
        assert lines.index("Dataset: label errors") < lines.index("Dataset") < lines.index("Everywhere")


async def test_keys_are_searched_by_what_they_do_and_escape_shows_all_again(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        everything = await opened(app, pilot, "2")
        await pilot.press("slash", *"zoom", "enter")
        await until(pilot, lambda: shown(app) != everything)
        assert "Zoom" in shown(app) and "Train: a new run" not in shown(app)
        await pilot.press("slash", *"ing nothing like it")
        await until(pilot, lambda: shown(app) == "no key is described in these words")
        await pilot.press("escape")
        await until(pilot, lambda: shown(app) == everything)
        assert app.screen.query_one(Input).value == ""
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


def test_a_key_is_found_by_itself() -> None:
    found = matching(GROUPS, "^l")
    assert [command.label for _, commands in found for command in commands] == ["Redraw"]


def test_all_words_must_be_there_in_any_order() -> None:
    text = printed(help_text(matching(GROUPS, "image full")))
    assert "Show the image alone." in text and "Show every key" not in text


def test_no_key_stands_there_by_the_name_that_programs_give_it() -> None:
    keys = {line[:14].strip() for line in printed(help_text(GROUPS)).splitlines()}
    assert {"{", "}", "<", "F2", "^l"} <= keys and not any("_" in key or "ctrl" in key for key in keys)
