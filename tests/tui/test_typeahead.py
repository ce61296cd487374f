"""Keys that come in one packet, as they do over a slow line."""

from textual.events import Key, Paste
from textual.widgets import Input

from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.prompt import PromptScreen
from tests.tui.conftest import AppPilot, until
from tests.tui.dataset_widgets import ready

NAMED = {"\r": "enter", "\x1b": "escape", "/": "slash", ":": "colon", "-": "minus"}


def send(pilot: AppPilot, packet: str) -> None:
    """Gives keys to the app the way the driver does: all at once, without a turn of the loop between them."""
    for character in packet:
        pilot.app.post_message(Key(NAMED.get(character, character), character))


async def test_what_is_typed_behind_a_key_that_opens_a_dialog_arrives_in_it(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        send(pilot, "tsnow")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await until(pilot, lambda: app.screen.query_one(Input).value == "snow")
        assert samples.cursor == 0


async def test_a_whole_command_may_come_in_one_packet(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        send(pilot, "tsnow\rjj")
        await until(pilot, lambda: samples.cursor == 2)
        await until(pilot, lambda: (row := samples.row_at(0)) and row.tags == ("snow",))


async def test_keys_behind_one_that_closes_a_dialog_go_to_the_pane(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        send(pilot, "c\x1bj")
        await until(pilot, lambda: samples.cursor == 1)
        assert not isinstance(app.screen, ChooseScreen)


async def test_a_hundred_keys_at_once_are_all_heard_in_order(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        send(pilot, "j" * 15 + "jk" * 45 + "k" * 5)
        await until(pilot, lambda: samples.cursor == 10)
        send(pilot, "/split:val\x1bm")
        await until(pilot, lambda: app.query_one(Input).value == "split:val")
        await until(pilot, lambda: samples.has_focus and app.query_one(DatasetPane).state.view == "mask")


async def test_a_pasted_text_does_not_overtake_the_key_before_it(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        send(pilot, "t")
        app.post_message(Paste("heavy"))
        send(pilot, "-snow")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await until(pilot, lambda: app.screen.query_one(Input).value == "heavy-snow")
