"""The list as thumbnails: lazy, in order, with the list's cursor."""

import threading
from array import array
from pathlib import Path

import pytest
from textual.geometry import Size

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.catalog_lookup import PAGE
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.fullscreen import FullScreen
from bddseg_tui.tui.dataset.grid import Grid, Thumbnail, shape
from bddseg_tui.tui.dataset.picture_panel import PicturePanel
from bddseg_tui.tui.shared.newest_first import NewestFirst
from bddseg_tui.tui.terminal.protocol import ImageProtocol
from tests.tui.conftest import AppPilot, until
from tests.tui.dataset_widgets import ready

WIDE = 16 / 9 * 2


@pytest.mark.parametrize(("size", "places"), [((160, 40), 20), ((100, 25), 12), ((80, 19), 12), ((10, 3), 1)])
def test_thumbnails_fill_the_room_and_names_of_17_letters_fit(size: tuple[int, int], places: int) -> None:
    found = shape(Size(*size), WIDE)
    assert found.places >= places
    assert found.columns * found.width <= size[0] and found.rows * found.height <= size[1]
    assert size[0] < 80 or found.width >= 20
    assert shape(Size(*size), WIDE, larger=1).columns == max(1, found.columns - 1)


def test_what_is_asked_for_last_is_done_first_and_what_is_dropped_is_not_done() -> None:
    failures: list[Exception] = []
    threads, hold, done = NewestFirst(failures.append, 1), threading.Event(), []
    ended = threading.Event()
    works = [lambda number=number: done.append(number) for number in range(4)]

    def first() -> None:
        hold.wait(10)
        raise ValueError("nobody foresaw it")

    threads.add(first)
    for work in (ended.set, *works):
        threads.add(work)
    assert threads.drop(works[2]) and not threads.drop(works[2])
    hold.set()
    assert ended.wait(10)
    assert done == [3, 1, 0] and str(failures[0]) == "nobody foresaw it"
    assert not threads.drop(works[0])


def thumbnails(app: BddsegApp) -> list[Thumbnail]:
    """Those that show a sample, in their order."""
    return [t for t in app.query(Thumbnail) if t.picture._request is not None]


async def open_grid(app: BddsegApp, pilot: AppPilot) -> Grid:
    await pilot.press("V")
    await until(pilot, lambda: (shown := thumbnails(app)) and all(t.picture.drawn for t in shown))
    return app.query_one(Grid)


async def test_the_grid_shows_what_the_filter_leaves_in_its_order_and_view(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("slash", *"split:val sort:-sky", "enter")
        await until(pilot, lambda: samples.count == 6 and samples.row)
        await open_grid(app, pilot)
        shown = thumbnails(app)
        rows = [samples.row_at(i) for i in range(6)]
        assert [t.picture._request.image for t in shown if t.picture._request] == [r.image for r in rows if r]
        first = rows[0]
        assert first and f"{first.share(10):.1f}" in shown[0].line.render_line(0).text
        assert [t.line.render_line(0).text[0] == "▌" for t in shown].index(True) == samples.cursor
        await pilot.press("m")
        await until(pilot, lambda: all(t.picture._request and t.picture._request.view == "mask" for t in shown))


async def test_the_cursor_moves_through_the_grid_and_is_the_lists(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        samples = await ready(app, pilot)
        grid = await open_grid(app, pilot)
        columns, places = (found := grid.shape(grid.size)).columns, found.places
        await pilot.press("l", "j")
        assert samples.cursor == 1 + columns
        await pilot.press("h", "k", "k")
        assert samples.cursor == 0
        await pilot.press("pagedown")
        assert samples.cursor == places
        row = samples.row_at(places)
        await until(pilot, lambda: row and (shown := thumbnails(app)[0].picture._request) and shown.image == row.image)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, FullScreen))
        await pilot.press("k", "escape")
        assert samples.cursor == places - 1 and grid.has_focus
        await pilot.press("escape")
        assert samples.has_focus and not grid.display
        await until(pilot, lambda: app.query_one(PicturePanel).query_one("#picture").size.area)


async def test_of_100000_samples_only_the_pages_in_sight_are_read(app: BddsegApp) -> None:
    read: list[int] = []

    async with app.run_test(size=(160, 45)) as pilot:
        samples = await ready(app, pilot)
        some = samples.row
        assert some

        def load(ids: list[int]) -> list[Row]:
            read.extend(ids)
            return [Row(i, "train", f"sample-{i:05}", some.image, some.mask, 128, 72, None, some.counts) for i in ids]

        samples.show_ids(array("q", range(1, 100_001)), load)
        await until(pilot, lambda: samples.row and samples.row.id == 1)
        grid = await open_grid(app, pilot)
        await pilot.press("G")
        await until(pilot, lambda: "sample-100000" in "".join(t.line.render_line(0).text for t in thumbnails(app)))
        await until(pilot, lambda: all(t.picture.drawn for t in thumbnails(app)))
        assert len(read) <= 4 * PAGE
        assert len(app.query(Thumbnail)) == grid.shape(grid.size).places < 50


@pytest.mark.parametrize("protocol", ["sixel", "kitty", "iterm2", "octant"])
async def test_thumbnails_are_drawn_in_every_way(workspace: Workspace, drawn: Path, protocol: ImageProtocol) -> None:
    app = BddsegApp(workspace, drawn, protocol)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app, pilot)
        await open_grid(app, pilot)
        made = [t.picture.drawn for t in thumbnails(app) if t.picture.drawn]
        assert all(bool(d.raster) == (protocol in ("sixel", "iterm2")) for d in made)
        assert all(bool(d.kitty) == (protocol == "kitty") for d in made)
        assert sum(len(d.raster) + len(d.kitty) for d in made) <= 1.2 * app.picture_limit


async def test_where_nothing_is_listed_the_grid_says_so(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        samples = await ready(app, pilot)
        await open_grid(app, pilot)
        await pilot.press("slash", *"name:nothing", "enter")
        await until(pilot, lambda: not samples.count)
        first = app.query(Thumbnail).first().picture
        await until(pilot, lambda: first._message == samples.empty_text and samples.empty_text)
        assert not thumbnails(app)


async def test_thumbnails_become_larger_and_smaller(app: BddsegApp) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await ready(app, pilot)
        grid = await open_grid(app, pilot)
        before = grid.shape(grid.size).columns
        await pilot.press("plus")
        assert grid.shape(grid.size).columns == before - 1
        await until(pilot, lambda: thumbnails(app)[0].size.width == 160 // (before - 1) - 1)
        await pilot.press("minus", "minus")
        assert grid.shape(grid.size).columns == before + 1
