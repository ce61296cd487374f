"""Zooming and panning in the Dataset pane and on the full screen; the drawn images have 128x72 pixels."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import MouseDown, MouseEvent, MouseMove, MouseScrollUp, MouseUp
from textual.geometry import Region
from textual.widgets import Label

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.commands import FULL_SCREEN
from bddseg_tui.tui.dataset.fullscreen import KEYS, FullScreen
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.picture_app import under_toast
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.zoom import NOWHERE
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture
from tests.tui.conftest import AppPilot, until


async def scanned(app: BddsegApp, pilot: AppPilot) -> None:
    """Waits until the first sample is known with its size."""
    samples = app.query_one(SampleList)
    await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.counts)


def line(app: BddsegApp, name: str) -> str:
    return str(app.screen.query_one(name, Label).render())


async def test_the_crosshair_tells_pixel_and_class_and_moves_with_the_picture(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        await pilot.press("plus")
        await until(pilot, lambda: line(app, "#caption").startswith("+ 64,36  actual "))
        await pilot.press("L", "J")
        await until(pilot, lambda: line(app, "#caption").startswith("+ 80,45  actual "))
        await pilot.press("0")
        await until(pilot, lambda: not line(app, "#caption").startswith("+"))


async def test_another_sample_is_shown_whole(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        await pilot.press("plus")
        await until(pilot, lambda: app.query_one(DatasetPane).shown.zoomed)
        await pilot.press("j")
        assert not app.query_one(DatasetPane).shown.zoomed


async def test_the_full_screen_zooms_and_leaves_the_pane_zoomed(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        await pilot.press("f", "plus", "plus")
        assert isinstance(app.screen, FullScreen)
        await until(pilot, lambda: line(app, "#full--caption").startswith("+ 64,36  actual "))
        await pilot.press("escape")
        await until(pilot, lambda: line(app, "#caption").startswith("+ 64,36  actual "))


def mouse(kind: type[MouseEvent], view: ZoomPicture, x: int, y: int) -> MouseEvent:
    """An event at a cell of the view."""
    return kind(view, x, y, 0, 0, 1, False, False, False, x + view.region.x, y + view.region.y)


async def test_the_wheel_zooms_at_the_pointer_a_drag_moves_and_a_click_points(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        pane, view = app.query_one(DatasetPane), app.query_one(ZoomPicture)
        await until(pilot, lambda: view.drawn)
        at = view.size.width // 4, view.size.height // 2
        view.post_message(mouse(MouseDown, view, *at))
        view.post_message(mouse(MouseUp, view, *at))
        await until(pilot, lambda: line(app, "#caption").startswith("+ "))
        pointed = pane.state.zoom.cross
        assert pointed is not None and not pane.shown.zoomed
        assert 128 * 0.2 < pointed[0] < 128 * 0.3 and abs(pointed[1] - 36) <= 4
        view.post_message(mouse(MouseScrollUp, view, *at))
        await until(pilot, lambda: pane.shown.zoomed)
        part = pane.state.zoom.viewport
        assert part is not None and part.width == 64 and pane.state.zoom.cross == pointed
        assert abs((pointed[0] - part.x) / part.width - pointed[0] / 128) < 0.05
        await until(pilot, lambda: view.drawn and view.drawn.placement.part.width < 128)
        view.post_message(mouse(MouseDown, view, *at))
        view.post_message(mouse(MouseMove, view, at[0] - 5, at[1]))
        view.post_message(mouse(MouseUp, view, at[0] - 5, at[1]))
        await until(pilot, lambda: pane.state.zoom.viewport != part)
        moved = pane.state.zoom.viewport
        # The pixel that was held is still below the pointer.
        assert moved is not None and view.drawn is not None
        assert abs((moved.x - part.x) - 5 * view.drawn.placement.pixels_across / view.drawn.shape[0]) <= 1
        assert moved.y == part.y and pane.state.zoom.cross == pointed


async def test_z_zooms_to_the_areas_of_the_highlighted_class_one_after_another(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        pane = app.query_one(DatasetPane)
        await pilot.press("right_square_bracket", "z")
        await until(pilot, lambda: line(app, "#caption").startswith("+ ") and " 1/" in line(app, "#caption"))
        highlight, zoom = pane.state.highlight, pane.state.zoom
        assert highlight is not None and zoom.cross is not None and zoom.area is not None
        assert f"actual {CLASSES[highlight].name}" in line(app, "#caption")
        await pilot.press("Z")
        last = zoom.area[1] - 1
        await until(pilot, lambda: pane.state.zoom.area and pane.state.zoom.area[0] == last)
        # Escape goes back one step after another: the zoom first.
        await pilot.press("escape")
        await until(pilot, lambda: pane.state.zoom == NOWHERE and pane.state.highlight == highlight)


async def test_what_became_of_a_class_is_flicked_on_and_off(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        pane = app.query_one(DatasetPane)
        views = []
        for key in ("o", "x", "x"):
            await pilot.press(key)
            views.append(pane.state.view)
        assert views == ["overlay", "outcome", "overlay"] and pane.state.highlight is not None


async def test_every_key_of_the_full_screen_does_something_there(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await scanned(app, pilot)
        await pilot.press("f")
        screen = app.screen
        missing = [c.action for c in FULL_SCREEN if not hasattr(screen, f"action_{c.action.split('(')[0]}")]
        assert isinstance(screen, FullScreen) and not missing
        await until(pilot, lambda: "Esc back" in line(app, "#full--caption"))
        await pilot.press("t")
        assert isinstance(app.screen, PromptScreen)
        await pilot.press(*"night", "enter")
        await until(pilot, lambda: app.screen is screen and "#night" in line(app, "#full--caption"))


@pytest.mark.parametrize("width", [80, 100, 160])
async def test_no_key_is_cut_at_the_end_of_the_full_screens_line(app: BddsegApp, width: int) -> None:
    async with app.run_test(size=(width, 24)) as pilot:
        await scanned(app, pilot)
        await pilot.press("f")
        await until(pilot, lambda: "Esc back" in line(app, "#full--caption"))
        shown = line(app, "#full--caption")
        assert len(shown) <= width
        assert shown.endswith(KEYS)


async def test_z_goes_on_to_the_next_sample_that_has_the_class(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        pane, samples = app.query_one(DatasetPane), app.query_one(SampleList)
        await until(pilot, lambda: all((row := samples.row_at(n)) and row.counts for n in range(12)))
        counts = [row.counts for n in range(12) if (row := samples.row_at(n)) and row.counts]
        place, class_id = next((n, i) for n in range(12) for i in range(19) if counts[n][i] and not counts[0][i])
        pane.show_as(replace(pane.state, highlight=class_id))
        await pilot.press("z")
        await until(pilot, lambda: samples.cursor == place and pane.shown.zoomed)
        await until(pilot, lambda: f"actual {CLASSES[class_id].name}" in line(app, "#caption"))


async def test_the_arrows_move_in_a_zoomed_image_beside_the_list_and_in_the_list_otherwise(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await scanned(app, pilot)
        pane, samples = app.query_one(DatasetPane), app.query_one(SampleList)

        def footer() -> set[str]:
            return {active.binding.description for active in app.screen.active_bindings.values() if active.enabled}

        await pilot.press("down", "up", "down")
        assert samples.cursor == 1 and "Move" not in footer()
        await until(pilot, lambda: samples.row and samples.row.counts)
        await pilot.press("plus")
        before = pane.shown.state.zoom.viewport
        await pilot.press("right", "down")
        after = pane.shown.state.zoom.viewport
        assert before and after and (after.x, after.y) > (before.x, before.y) and samples.cursor == 1
        assert {"Move", "Whole image"} <= footer()
        await pilot.press("j", "down")
        assert samples.cursor == 3 and not {"Move", "Whole image"} & footer()


async def test_under_a_toast_another_picture_is_drawn_in_characters_and_whole_when_it_is_gone(
    workspace: Workspace, drawn: Path
) -> None:
    app = BddsegApp(workspace, drawn, "sixel")
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await scanned(app, pilot)
        await pilot.press("f")
        picture = app.screen.query_one(ZoomPicture)

        def sent() -> str:
            lines = picture.render_lines(Region(0, 0, *picture.size))
            return "".join(line.render(app.console) for line in lines)

        await until(pilot, lambda: picture.drawn and picture.drawn.strips and "\x1bP" in sent())
        first = picture.drawn
        app.notify("over the picture", timeout=60)
        await until(pilot, lambda: under_toast(picture))
        # What is there stays, with the toast on it.
        assert "\x1bP" in sent()
        await pilot.press("j")
        await until(pilot, lambda: picture.drawn is not first and picture.drawn and picture.drawn.strips)
        assert "\x1bP" not in sent() and "▀" in sent()
        app.clear_notifications()
        await until(pilot, lambda: "\x1bP" in sent() and not under_toast(picture))
