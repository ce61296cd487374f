"""Zooming and panning in the Dataset pane and on the full screen; the drawn images have 128x72 pixels."""

from textual.widgets import Label

from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.fullscreen import FullScreen
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
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
