"""Many samples at once: marks, and what is done to all that are marked."""

import csv
import json
from array import array
from pathlib import Path

from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.marks import Marks
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.one_line import OneLine
from tests.tui.conftest import AppPilot, Told, until


async def opened(app: BddsegApp, pilot: AppPilot) -> SampleList:
    samples = app.query_one(SampleList)
    await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.counts)
    return samples


def tagged(app: BddsegApp, tag: str) -> int:
    """How many samples have a tag, of the rows that the list has read."""
    samples = app.query_one(SampleList)
    return sum(tag in row.tags for n in range(samples.count) if (row := samples.row_at(n)))


def status(app: BddsegApp) -> str:
    return str(app.query_one("#list-status", OneLine).content)


def test_a_range_goes_from_the_mark_to_the_cursor_either_way() -> None:
    listed = array("q", [50, 40, 30, 20, 10])
    marks = Marks().toggled(20).up_to(listed, 1)
    assert marks.ids == {40, 30, 20} and marks.last == 40
    assert marks.up_to(listed, 4).ids == {40, 30, 20, 10}
    assert Marks().toggled(99).up_to(listed, 1).ids == {99, 50, 40}, "a mark that is not listed begins no range"


def test_all_are_marked_and_let_go_of_while_others_stay() -> None:
    marks = Marks().toggled(7).with_all(array("q", [1, 2, 3]))
    assert marks.ids == {1, 2, 3, 7}
    assert marks.with_all(array("q", [1, 2])).ids == {3, 7}


async def test_marks_stay_with_their_samples_whatever_is_listed(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await opened(app, pilot)
        await pilot.press("space", "space", "j", "r")
        marked = set(samples.marks.ids)
        assert marked == set(samples.ids[:4]) and samples.cursor == 3
        assert "● 4 marked" in status(app)
        assert samples.render_line(0).text.startswith("● ")
        await pilot.press("slash", *"sort:-name", "enter")
        await until(pilot, lambda: samples.ids[0] not in marked)
        assert samples.marks.ids == marked
        await pilot.press("escape")
        assert not samples.marks.ids and samples.count == 21, "Esc lets go of the marks before the filter"


async def test_what_a_filter_leaves_is_tagged_in_six_keys_and_taken_back_in_one(app: BddsegApp, told: Told) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await opened(app, pilot)
        await pilot.press("slash", *"split:train", "enter")
        keys = ("a", "t", *"odd", "enter")
        assert len(keys) <= 8
        await pilot.press(*keys)
        await until(pilot, lambda: samples.count < 21 and tagged(app, "odd") == samples.count)
        assert f"gave #odd to {samples.count} images" in told()
        await pilot.press("escape", "escape")
        await until(pilot, lambda: samples.count == 21)
        assert 0 < tagged(app, "odd") < 21, "only what the filter left was meant"
        await pilot.press("u")
        await until(pilot, lambda: tagged(app, "odd") == 0)
        assert "took back: gave #odd" in told()
        await pilot.press("T")
        await until(pilot, lambda: tagged(app, "odd") == 1)
        await pilot.press("t", *"-odd", "enter")
        await until(pilot, lambda: tagged(app, "odd") == 0)
        await pilot.press("X")
        await until(pilot, lambda: tagged(app, "exclude") == 1)


async def test_what_has_a_tag_already_keeps_it_when_the_change_is_taken_back(app: BddsegApp, told: Told) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("t", *"odd", "enter")
        await until(pilot, lambda: tagged(app, "odd") == 1)
        await pilot.press("a", "T")
        await until(pilot, lambda: tagged(app, "odd") == 21)
        assert "(1 had it)" in told()
        await pilot.press("u")
        await until(pilot, lambda: tagged(app, "odd") == 1)


async def test_marked_images_are_listed_in_a_file_that_is_never_replaced(
    app: BddsegApp, tmp_path: Path, told: Told
) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await opened(app, pilot)
        first = samples.row
        await pilot.press("space", "space")
        for ending in ("csv", "json", "txt"):
            await pilot.press("y", "ctrl+u", *f"{tmp_path}/l.{ending}", "enter")
            await until(pilot, lambda: (tmp_path / f"l.{ending}").exists())  # noqa: B023
        assert first
        with (tmp_path / "l.csv").open(newline="") as file:
            assert next(row["image"] for row in csv.DictReader(file)) == str(first.image)
        assert json.loads((tmp_path / "l.json").read_text())[0]["name"] == first.name
        paths = (tmp_path / "l.txt").read_text().splitlines()
        assert len(paths) == 2 and paths[0] == str(first.image)
        await pilot.press("y", "ctrl+u", *f"{tmp_path}/l.txt", "enter")
        await until(pilot, lambda: "is there already" in told())
        await pilot.press("y", "ctrl+u", *"~nobody-here/l.txt", "enter")
        await until(pilot, lambda: "there is no user" in told())
        assert (tmp_path / "l.txt").read_text().splitlines() == paths


async def test_on_the_full_screen_the_image_that_is_shown_is_meant_whatever_is_marked(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await opened(app, pilot)
        await pilot.press("a", "g", "f", "t", *"odd", "enter", "j", "T", "j", "X")
        await until(pilot, lambda: (tagged(app, "odd"), tagged(app, "exclude")) == (2, 1))
        assert len(samples.marks) == 21
        await pilot.press("escape")


async def test_all_tags_go_into_a_file_and_come_back(app: BddsegApp, tmp_path: Path, told: Told) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("a", "t", *"odd", "enter", "Y", "ctrl+u", *f"{tmp_path}/t.csv", "enter")
        await until(pilot, lambda: "21 tags of 21 images" in told())
        await pilot.press("T", "Y", "ctrl+u", *f"{tmp_path}/t.csv", "enter")
        await until(pilot, lambda: "21 tags given to 21 images" in told() and tagged(app, "odd") == 21)


async def test_the_palette_offers_what_marks_and_tags(workspace: Workspace, drawn: Path) -> None:
    app = BddsegApp(workspace, drawn, "none")
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("ctrl+p", *"mark all", "enter")
        await until(pilot, lambda: len(app.query_one(SampleList).marks) == 21)
