"""Where classes are, how the splits differ and what is odd, in the app: measured on a key, by a process of its own."""

import pytest
from PIL import Image

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.heat_map import HeatMap
from bddseg_tui.tui.dataset.places_screen import PlacesScreen
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.vim_list import VimList
from tests.tui.conftest import until, until_scanned


@pytest.fixture
def odd(engine: Engine, collection: Collection) -> BddsegApp:
    """The app over a dataset with one white, square image."""
    row = engine.data.find(collection, "split:train")[0]
    Image.new("RGB", (128, 128), (255, 255, 255)).save(row.image)
    return BddsegApp(engine.workspace, collection.dataset.root, "halfblock")


async def test_a_key_measures_and_the_pages_show_places_differences_and_odd_images(odd: BddsegApp) -> None:
    async with odd.run_test(size=(80, 24)) as pilot:
        await until_scanned(odd, pilot)
        await pilot.press("P")
        await until(pilot, lambda: isinstance(odd.screen, PlacesScreen))
        screen = odd.screen
        rows = screen.query_one(VimList)
        await until(pilot, lambda: "21 images are not measured yet" in screen.query_one(PictureView)._message)
        await pilot.press("m")
        await until(pilot, lambda: rows.chosen)
        assert screen.query_one(HeatMap).display and rows.option_count > 5
        await pilot.press("s", "tab")
        assert rows.option_count > 5 and "delta" in str(screen.query_one("#places--head", OneLine).render())
        await pilot.press("tab")
        assert "overexposed" in str(rows.get_option_at_index(0).prompt) or rows.option_count > 1
        await pilot.press("d")
        await until(pilot, lambda: not isinstance(odd.screen, PlacesScreen))
        await until(pilot, lambda: odd.query_one(FilterBar).text.startswith("sort:"))
