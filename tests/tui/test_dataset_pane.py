"""The Dataset pane: what is listed, filtered and tagged; and the screen before there is a dataset."""

import re
import threading
from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from textual.widgets import Input, Label, Static

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.scan import DatasetScan, Progress
from bddseg_tui.tui.first_run import FirstRunScreen
from bddseg_tui.tui.help_screen import HelpScreen
from bddseg_tui.tui.shared.format import share
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.path_lines import FoldedText
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.text_screen import TextScreen
from tests.tui.conftest import until
from tests.tui.dataset_widgets import caption, lines_of, ready


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
