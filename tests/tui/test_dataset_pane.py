import re
import threading
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.geometry import Region
from textual.widgets import Input, Label, Static

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Catalog, ImageScore, Row
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.fullscreen import FullScreen
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.scan import DatasetScan, Progress
from bddseg_tui.tui.first_run import FirstRunScreen
from bddseg_tui.tui.help_screen import HelpScreen
from bddseg_tui.tui.shared.format import share
from bddseg_tui.tui.shared.legend import NO_SHARES, Legend, by_share
from bddseg_tui.tui.shared.path_lines import FoldedText
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.text_screen import TextScreen
from tests.tui.conftest import AppPilot, until


async def ready(app: BddsegApp, pilot: AppPilot) -> SampleList:
    """Waits until all samples are listed, scanned, and the first picture is drawn."""
    samples = app.query_one(SampleList)
    await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.counts)
    await until(pilot, lambda: app.query_one(PictureView)._drawn)
    return samples


def caption(app: BddsegApp) -> str:
    return str(app.query_one("#caption", Label).render())


def is_drawn(picture: PictureView) -> bool:
    """Whether what is asked for is what is drawn."""
    request, drawn = picture._request, picture._drawn
    return request is not None and drawn is not None and picture._kept.get(picture._wanted(request)) is drawn


def lines_of(widget: SampleList | Legend) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]


async def test_a_dataset_is_listed_scanned_and_shown(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        assert lines_of(samples)[0].startswith("▌ ") and lines_of(samples)[0].split()[-1] == "train"
        shares = samples.row.shares if samples.row else ()
        first = CLASSES[max(range(20), key=lambda i: shares[i] or 0)].name
        assert re.search(rf"██ {first} +\d\d\.\d", lines_of(app.query_one(Legend))[0])


async def test_j_and_k_move_and_the_picture_follows(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        first = caption(app)
        await pilot.press("j", "down")
        assert samples.cursor == 2
        await until(pilot, lambda: caption(app) != first)
        await pilot.press("k", "k", "k")
        assert samples.cursor == 0
        await pilot.press("G")
        assert samples.cursor == 20
        await pilot.press("g")
        assert samples.cursor == 0


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


async def test_a_filter_narrows_the_list_and_errors_stand_below_it(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("slash", *"split:val")
        await until(pilot, lambda: samples.count == 6)
        await pilot.press("space", *"class:buss>1%")
        error = app.query_one("#filter--error", Label)
        await until(pilot, lambda: error.display)
        assert "did you mean 'bus'" in str(error.render())
        assert samples.count <= 6
        await pilot.press("escape")
        assert samples.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: samples.count == 21)


async def test_tab_completes_the_filter(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("slash", *"split:v")
        field = app.query_one(FilterBar).query_one(Input)
        await until(pilot, lambda: field._suggestion == "split:val")
        await pilot.press("tab")
        assert field.value == "split:val"


async def test_tab_in_the_list_goes_through_the_splits(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        counts = list[int]()
        for _ in range(4):
            before = samples.count
            await pilot.press("tab")
            await until(pilot, lambda: samples.count != before)  # noqa: B023 (it is awaited)
            counts.append(samples.count)
        assert counts == [12, 6, 3, 21]


async def test_sorting_by_a_class_shows_its_shares(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("s", *"sky", "enter")
        await until(pilot, lambda: samples.column == 10)
        shares = [row.share(10) for row in (samples.row_at(i) for i in range(18)) if row]
        assert shares == sorted(shares, key=lambda s: -(s or 0))
        assert [line.split()[-1] for line in lines_of(samples)[:18]] == [share(s) for s in shares]
        assert "sky % ↓" in str(app.query_one("#list-status", Label).render())


async def test_tagging_a_sample_shows_and_filters_it(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("t", *"Night", "enter")
        await until(pilot, lambda: samples.row and samples.row.tags == ("night",))
        assert "#night" in lines_of(samples)[0]
        await pilot.press("slash", *"tag:night")
        await until(pilot, lambda: samples.count == 1)
        await pilot.press("escape", "t", *"night", "enter")
        await until(pilot, lambda: samples.count == 0)


async def test_statistics_and_check_are_shown(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        await pilot.press("j", "k", "escape")
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, TextScreen))
        assert "no problems" in str(app.screen.query(Static).first().render())


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


async def test_the_list_holds_100000_rows_and_loads_only_what_is_in_sight(app: BddsegApp) -> None:
    loaded: list[int] = []

    def load(ids: list[int]) -> list[Row]:
        loaded.extend(ids)
        return [
            Row(
                id=i,
                split="train",
                name=f"sample-{i}",
                image=Path("x"),
                mask=None,
                width=1280,
                height=720,
                problem=None,
                counts=None,
            )
            for i in ids
        ]

    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        samples.show_ids(array("q", range(100_000)), load)
        await pilot.press("G")
        await until(pilot, lambda: samples.row)
        assert samples.cursor == 99_999
        assert "sample-99999" in lines_of(samples)[-1]
        assert len(loaded) < 1000


async def test_keys_that_come_while_the_list_is_read_again_still_have_their_sample(
    app: BddsegApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await ready(app, pilot)
        await pilot.press("j", "j")
        await until(pilot, lambda: samples.row)
        read, reading, disk = Catalog.rows, threading.Event(), threading.Event()

        def slow(catalog: Catalog, ids: Sequence[int], evaluation: str | None = None) -> list[Row]:
            reading.set()
            disk.wait(60)
            return read(catalog, ids, evaluation)

        monkeypatch.setattr(Catalog, "rows", slow)
        scan = app.query_one(DatasetScan)
        assert scan.scan is not None
        scan.post_message(DatasetScan.Step(scan.scan, Progress(1, 21, new_files=False)))
        scan.post_message(DatasetScan.Step(scan.scan, Progress(1, 21, new_files=True)))
        await until(pilot, reading.is_set)
        await pilot.press("t")
        assert isinstance(app.screen, PromptScreen), "the key was lost"
        await pilot.press(*"snow", "enter", "j")
        disk.set()
        await until(pilot, lambda: "#snow" in lines_of(samples)[2])
        assert samples.cursor == 3, "the list took the cursor back"


async def test_names_that_would_control_the_terminal_do_not(workspace: Workspace, dataset: Path) -> None:
    from PIL import Image

    evil = "evil\x1b]0;owned\x07\x1b[2J\u202egpj"
    Image.new("RGB", (16, 12)).save(dataset / f"images/10k/val/{evil}.jpg")
    app = BddsegApp(workspace, dataset, "halfblock")
    async with app.run_test(size=(140, 40)) as pilot:
        samples = app.query_one(SampleList)
        await until(pilot, lambda: samples.count == 22)
        await pilot.press("slash", *"owned", "escape")
        await until(pilot, lambda: samples.count == 1 and samples.row)
        await until(pilot, lambda: "evil" in caption(app))
        shown = lines_of(samples)[0] + caption(app)
        assert not any(c in shown for c in "\x1b\x07\u202e")


def told_below(app: BddsegApp) -> str:
    """What the first screen says below its field."""
    content = app.screen.query_one("#welcome--error", Static).content
    assert isinstance(content, FoldedText)
    return content.text


async def test_without_a_dataset_the_first_screen_opens_one(workspace: Workspace, drawn: Path) -> None:
    app = BddsegApp(workspace, None, "halfblock")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, FirstRunScreen))
        await pilot.press("o", *"/nowhere", "enter")
        await until(pilot, lambda: "does not exist" in told_below(app))
        app.screen.query_one(Input).value = str(drawn)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, FirstRunScreen))
        await ready(app, pilot)
    again = BddsegApp(workspace, None, "halfblock")
    async with again.run_test(size=(100, 30)) as pilot:
        await ready(again, pilot)


async def test_a_dataset_that_went_away_leads_to_the_first_screen(workspace: Workspace, tmp_path: Path) -> None:
    app = BddsegApp(workspace, tmp_path / "gone", "halfblock")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, FirstRunScreen))
        assert "does not exist" in told_below(app)


async def test_help_lists_every_command_and_the_palette_runs_one(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(app, pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await pilot.press("ctrl+p", *"More mask")
        await until(pilot, lambda: app.screen.query("CommandList > *") or len(app.screen_stack) > 1)
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: app.query_one(DatasetPane).state.opacity == 0.6)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_it_works_at_any_size_and_after_resizing(app: BddsegApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        await pilot.resize_terminal(90, 26)
        picture = app.query_one(PictureView)
        await until(pilot, lambda: picture._drawn and picture._drawn.cells[0] <= picture.size.width)
        assert app.query_one(Legend).region.bottom <= 26


async def test_two_apps_share_a_workspace(workspace: Workspace, drawn: Path) -> None:
    first, second = (BddsegApp(workspace, drawn, "halfblock") for _ in range(2))
    async with first.run_test(size=(100, 30)) as one, second.run_test(size=(100, 30)) as two:
        await ready(first, one)
        await ready(second, two)
        collection = Engine(workspace).data.open(drawn)
        assert collection.catalog.progress() == (21, 0)
