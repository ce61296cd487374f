"""Pictures of the Dataset pane: views, highlights, and how they are drawn."""

import re
from pathlib import Path

import numpy as np
from PIL import Image
from textual.geometry import Region
from textual.widgets import Label

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import ImageScore
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.fullscreen import FullScreen
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.help_screen import HelpScreen
from bddseg_tui.tui.shared.legend import NO_SHARES, Legend, by_share
from bddseg_tui.tui.shared.picture import PictureView
from tests.tui.conftest import until
from tests.tui.dataset_widgets import caption, lines_of, ready


def is_drawn(picture: PictureView) -> bool:
    """Whether what is asked for is what is drawn."""
    request, drawn = picture._request, picture._drawn
    return request is not None and drawn is not None and picture._kept.get(picture._wanted(request)) is drawn


async def test_every_view_key_changes_the_view(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        picture = app.query_one(PictureView)
        strips = []
        for key, view in (("m", "mask"), ("o", "overlay"), ("i", "image")):
            await pilot.press(key)
            await until(pilot, lambda: is_drawn(picture))
            assert caption(app).startswith(view)
            assert picture._drawn
            strips.append(picture._drawn.strips)
        assert strips[0] != strips[1] != strips[2] != strips[0]
        await pilot.press("greater_than_sign")
        assert caption(app).startswith("overlay 60 %")
        await pilot.press("less_than_sign", "less_than_sign")
        assert caption(app).startswith("overlay 40 %")


async def test_a_prediction_that_is_missing_says_how_to_get_one(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("p")
        await until(pilot, lambda: "evaluate a run" in app.query_one(PictureView)._message)


async def test_the_legend_of_a_prediction_shows_the_classes_that_were_found(app: BddsegApp, tmp_path: Path) -> None:
    mask = tmp_path / "found.png"
    Image.fromarray(np.repeat(np.array([[0, 0, 0, 10]], np.uint8), 9, axis=0)).save(mask)
    async with app.run_test(size=(140, 40)) as pilot:
        samples, pane = await ready(app, pilot), app.query_one(DatasetPane)
        assert pane.collection
        catalog = pane.collection.catalog
        (unlabelled,) = catalog.rows(catalog.find(parse_query("split:test"))[:1])
        catalog.record_scores("0001-demo/best-test predicted", [ImageScore(unlabelled.image, mask)])
        pane.use_evaluation("0001-demo/best-test predicted")
        pane.go_to(unlabelled.image)
        await until(pilot, lambda: samples.row and samples.row.prediction == mask)
        assert not re.search(r"\d", "".join(lines_of(app.query_one(Legend))))
        await pilot.press("p")
        await until(pilot, lambda: re.search(r"road +75\.0", lines_of(app.query_one(Legend))[0]))
        assert re.search(r"sky +25\.0", "".join(lines_of(app.query_one(Legend))[:2]))
        await pilot.press("i")
        await until(pilot, lambda: not re.search(r"\d", "".join(lines_of(app.query_one(Legend)))))


async def test_a_class_is_highlighted_and_escape_lets_go(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("right_square_bracket")
        first = by_share(samples.row.shares if samples.row else NO_SHARES)[0]
        assert f"only {first} {CLASSES[first].name}" in caption(app)
        assert lines_of(app.query_one(Legend))[0].startswith("▶")
        await pilot.press("escape")
        assert "only" not in caption(app)


async def test_clicking_the_legend_highlights_that_class(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.click(Legend, offset=(5, 1))
        second = by_share(samples.row.shares if samples.row else NO_SHARES)[1]
        await until(pilot, lambda: f"only {second} {CLASSES[second].name}" in caption(app))


async def test_full_screen_follows_the_list_and_comes_back(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("f")
        assert isinstance(app.screen, FullScreen)
        await until(pilot, lambda: app.screen.query_one(PictureView)._drawn)
        await pilot.press("j", "o")
        assert samples.cursor == 1
        assert "overlay" in str(app.screen.query_one("#full--caption", Label).render())
        await pilot.press("escape")
        assert not isinstance(app.screen, FullScreen)


async def test_pictures_can_be_switched_off_and_on_live(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        picture = app.query_one(PictureView)
        await pilot.press("I")
        await until(pilot, lambda: picture._drawn and picture._drawn.raster.startswith("\x1bP"))
        await pilot.press("I")
        await until(pilot, lambda: picture._drawn and "\x1b_G" in picture._drawn.kitty)
        await until(pilot, lambda: picture._drawn and len(picture._drawn.strips) == picture._drawn.cells[1])
        await pilot.press("I")
        await until(pilot, lambda: picture._drawn and "\x1b]1337;File=" in picture._drawn.raster)
        await pilot.press("I")
        await until(pilot, lambda: "pictures are off" in picture._message)
        await pilot.press("I")
        await until(pilot, lambda: picture._drawn and picture._drawn.strips)


async def test_a_sixel_that_cannot_be_drawn_whole_is_half_blocks(workspace: Workspace, drawn: Path) -> None:
    app = BddsegApp(workspace, drawn, "sixel")
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        picture = app.query_one(PictureView)
        await until(
            pilot, lambda: is_drawn(picture) and picture._drawn and picture._drawn.raster and picture._drawn.strips
        )
        whole = Region(0, 0, *picture.size)
        drawn_whole = picture.render_lines(whole)
        assert "\x1bP" in drawn_whole[-1].render(app.console)
        assert "▀" not in "".join(line.text for line in drawn_whole)
        clipped = picture.render_lines(Region(0, 3, picture.size.width, picture.size.height - 3))
        assert any("▀" in line.text for line in clipped)
        assert not any("\x1bP" in line.render(app.console) for line in clipped)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert not any("\x1bP" in line.render(app.console) for line in picture.render_lines(whole))


async def test_a_sixel_is_never_cut_in_two(workspace: Workspace, drawn: Path) -> None:
    app = BddsegApp(workspace, drawn, "sixel")
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        picture = app.query_one(PictureView)
        await until(pilot, lambda: is_drawn(picture) and picture._drawn and picture._drawn.raster)
        last = picture.render_lines(Region(0, 0, *picture.size))[-1]
        assert all("\x1bP" not in piece.render(app.console) for piece in last.divide([5, picture.size.width]))
        assert last.render(app.console).count("\x1bP") == last.render(app.console).count("\x1b\\") == 1
