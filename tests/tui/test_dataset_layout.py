"""The room that the Dataset pane gives to the picture, and that a person's changes of it stay."""

from pathlib import Path

import pytest
from textual.geometry import Offset

from bddseg_tui.core.settings import load_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.chat_view import ChatView
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.picture_panel import PicturePanel
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.divider import Divider
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.picture import PictureView
from tests.tui.conftest import AppPilot, until
from tests.tui.dataset_widgets import ready


@pytest.mark.parametrize(
    ("size", "list_width", "picture_share"), [((160, 45), 28, 0.66), ((100, 30), 28, 0.47), ((80, 24), 25, 0.41)]
)
async def test_the_picture_has_most_of_the_screen(
    app: BddsegApp, size: tuple[int, int], list_width: int, picture_share: float
) -> None:
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        columns, rows = drawn(app)
        assert app.query_one(ListPanel).outer_size.width == list_width
        assert columns * rows / (size[0] * size[1]) >= picture_share


async def test_the_divider_moves_by_key_and_mouse_and_stays_at_the_next_start(
    workspace: Workspace, drawn: Path
) -> None:
    app = BddsegApp(workspace, drawn, "halfblock")
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        side = app.query_one(ListPanel)
        await pilot.press("right_curly_bracket", "right_curly_bracket")
        await until(pilot, lambda: side.outer_size.width == 32)
        await pilot.mouse_down(Divider, offset=(0, 5))
        await pilot.hover(PictureView, offset=(16, 5))
        await until(pilot, lambda: side.outer_size.width == 49)
        await pilot.mouse_up(offset=Offset(45, 10))
        await until(pilot, lambda: side.outer_size.width == 45)
        await until(pilot, lambda: load_settings(workspace).sides == {"dataset": pytest.approx(45.5 / 140, abs=1e-3)})
    again = BddsegApp(workspace, drawn, "halfblock")
    async with again.run_test(size=(140, 40)) as pilot:
        assert again.query_one(ListPanel).outer_size.width == 45
        await pilot.press(*["left_curly_bracket"] * 30)
        await until(pilot, lambda: again.query_one(ListPanel).outer_size.width == 16)


async def test_a_folded_legend_gives_its_room_to_the_picture_and_stays_folded(
    workspace: Workspace, drawn: Path
) -> None:
    app = BddsegApp(workspace, drawn, "halfblock")
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app, pilot)
        before = app.query_one(PictureView).size.area
        await pilot.press("l")
        await until(pilot, lambda: app.query_one(PictureView).size.area > before)
        assert not app.query_one(Legend).size.area
        await until(pilot, lambda: not load_settings(workspace).legend)
    again = BddsegApp(workspace, drawn, "halfblock")
    async with again.run_test(size=(100, 30)):
        assert again.query_one(PicturePanel).folded


def drawn(app: BddsegApp) -> tuple[int, int]:
    """Cells of the picture that is shown."""
    picture = app.query_one(PictureView)._drawn
    assert picture
    return picture.cells


async def test_the_line_in_the_ask_pane_gives_the_words_more_room_and_all_where_there_are_no_pictures(
    workspace: Workspace, drawn: Path
) -> None:
    save_settings(workspace, sides={"ask": 0.7})
    app = BddsegApp(workspace, drawn, "none")
    async with app.run_test(size=(140, 40)) as pilot:
        await ready_list(app, pilot)
        await pilot.press("4")
        await until(pilot, lambda: app.query(ChatView))
        view = app.query_one(ChatView)
        words = view.query_one("#ask-words")
        await until(pilot, lambda: words.size.width == 140)
        view.show_turns(True)
        await until(pilot, lambda: words.size.width == 98)
        assert view.query_one("#ask-pictures").outer_size.width == 41


async def ready_list(app: BddsegApp, pilot: AppPilot) -> None:
    """Waits until all samples are listed."""
    await until(pilot, lambda: app.query_one(SampleList).count == 21)
