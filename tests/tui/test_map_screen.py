"""The map of embeddings in the app."""

import numpy as np
from textual.widgets import Static

from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.map_plot import MapPlot
from bddseg_tui.tui.dataset.map_raster import MapWindow, rasterise
from bddseg_tui.tui.dataset.map_screen import MapScreen
from bddseg_tui.tui.dataset.map_text import NO_MAP
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from tests.tui.conftest import AppPilot, until, until_scanned


def test_a_cell_is_of_the_group_that_has_most_of_its_points() -> None:
    places = np.asarray([[0.01, 0.01], [0.02, 0.02], [0.03, 0.01], [0.99, 0.99]], np.float32)
    raster = rasterise(places, np.asarray([0, 1, 1, 0]), 2, MapWindow(10, 5))
    assert raster.groups[0, 0] == 1 and raster.groups[4, 9] == 0 and (raster.groups >= 0).sum() == 2
    assert rasterise(places, np.asarray([0, 1, 1, 0]), 2, MapWindow(10, 5), only=0).groups[0, 0] == 0


def test_zooming_leaves_the_place_at_the_cursor_where_it_is() -> None:
    window = MapWindow(100, 40)
    about = window.at(70.5, 10.5)
    assert window.zoomed(8, about).cell(*about) == (70, 10)
    assert window.zoomed(8, about).zoomed(1 / 8, about) == window


async def opened(app: BddsegApp, pilot: AppPilot) -> MapScreen:
    """The map screen, with what it has read."""
    await until_scanned(app, pilot)
    await pilot.press("A")
    await until(pilot, lambda: isinstance(app.screen, MapScreen))
    screen = app.screen
    assert isinstance(screen, MapScreen)
    await until(pilot, lambda: "reading" not in title(screen))
    return screen


def title(screen: MapScreen) -> str:
    return str(screen.query_one("#map--title", OneLine).render())


async def test_without_a_map_it_says_what_makes_one(app: BddsegApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        picture = screen.query_one(PictureView)
        said = " ".join(line.text.strip() for line in picture.render_lines(picture.size.region))
        assert "none yet" in title(screen) and NO_MAP in " ".join(said.split())
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, MapScreen))


async def test_a_box_becomes_the_filter_of_the_pane(app: BddsegApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await until_scanned(app, pilot)
        collection = app.collection
        assert collection is not None
        rows = Engine(app.engine.workspace).data.find(collection, "")
        collection.catalog.record_measures(
            (row.image, {"map-x": (at % 5) / 4, "map-y": (at // 5) / 4}) for at, row in enumerate(rows)
        )
        screen = await opened(app, pilot)
        plot = screen.query_one(MapPlot)
        assert "map of 21 images" in title(screen)
        await until(pilot, lambda: "train" in str(screen.query_one("#map--legend", Static).render()))
        plot.go_to(0.0, 0.0)
        await pilot.press("v", "K", "K")
        plot.go_to(0.3, 0.3)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, MapScreen))
        bar = app.query_one(FilterBar)
        await until(pilot, lambda: "map-x>=" in bar.text)
        assert len(app.engine.data.find_ids(collection, bar.text)) == 4
