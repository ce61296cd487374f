"""The line of keys at the bottom."""

from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.help_screen import HelpScreen
from bddseg_tui.tui.shared.key_footer import KeyFooter
from tests.tui.conftest import AppPilot, until


async def line(app: BddsegApp, pilot: AppPilot) -> str:
    footer = app.query_one(KeyFooter)
    await until(pilot, lambda: "Sort" in str(footer.render()))
    return str(footer.render())


async def test_keys_are_separated_and_named(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        assert (await line(app, pilot)).startswith("/ Filter  s Sort  ")


async def test_the_key_of_the_help_is_shown_where_others_do_not_fit(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await line(app, pilot)
        footer = app.query_one(KeyFooter)
        footer.styles.width = 30
        await until(pilot, lambda: footer.size.width == 30)
        assert str(footer.render()) == "/ Filter  s Sort  ? Help"


async def test_a_click_presses_the_key_and_a_gap_none(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        place = (await line(app, pilot)).index("? Help")
        await pilot.click(KeyFooter, offset=(place - 1, 0))
        assert not isinstance(app.screen, HelpScreen)
        await pilot.click(KeyFooter, offset=(place + 3, 0))
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_the_keys_of_another_pane_follow_it(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await line(app, pilot)
        await pilot.press("2")
        await until(pilot, lambda: "New" in str(app.query_one(KeyFooter).render()))
