"""The worklist of label errors in the app: a key a verdict, kept and taken back, and what an empty one says."""

from typing import Any

import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.quality.suspects import suspects_path, write_suspects
from bddseg_tui.core.quality.worklist import Worklist
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.worklist_screen import WorklistScreen
from bddseg_tui.tui.dataset.worklist_state import WorklistState
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from tests.core.test_worklist import three
from tests.tui.conftest import AppPilot, Told, until, until_scanned


@pytest.fixture
def suspects(engine: Engine, collection: Collection) -> Engine:
    """A dataset that is scanned and has three suspect areas."""
    write_suspects(suspects_path(engine.workspace, collection.dataset.root), three(collection))
    return engine


@pytest.fixture
def here(suspects: Engine, collection: Collection) -> BddsegApp:
    return BddsegApp(suspects.workspace, collection.dataset.root, "halfblock")


def line(app: BddsegApp, name: str) -> str:
    return str(app.screen.query_one(f"#worklist--{name}", OneLine).render())


def message(app: BddsegApp) -> str:
    return app.screen.query_one(PictureView)._message


async def open_worklist(app: BddsegApp, pilot: AppPilot) -> None:
    await until_scanned(app, pilot)
    await pilot.press("Q")
    await until(
        pilot, lambda: isinstance(app.screen, WorklistScreen) and (line(app, "where") or message(app)[:2] == "No")
    )


async def test_each_verdict_is_one_key_that_leads_on_and_is_kept_and_taken_back(
    here: BddsegApp, suspects: Engine, collection: Collection
) -> None:
    async with here.run_test(size=(80, 24)) as pilot:
        await open_worklist(here, pilot)
        assert "3 left of 3" in line(here, "title") and "sky" in line(here, "about")
        await pilot.press("y", "n")
        await until(pilot, lambda: "sidewalk" in line(here, "about"))
        assert "1 left of 3   ✗ 1 wrong  ✓ 1 right" in line(here, "title")
        await pilot.press("space")
        await until(pilot, lambda: "All looked at" in message(here))
        await until(pilot, lambda: len(suspects.quality.worklist(collection).items) == 3)
        await until(pilot, lambda: [v.word for v in collection.catalog.verdicts()].count("skipped"))
        assert sorted(v.word for v in collection.catalog.verdicts()) == ["confirmed", "rejected", "skipped"]
        await pilot.press("u", "u")
        await until(pilot, lambda: "2 left" in line(here, "title") and "2/3" in line(here, "where"))
        assert [v.word for v in collection.catalog.verdicts()] == ["confirmed"]
        await pilot.press("tab")
        await until(pilot, lambda: "2 left of 2" in line(here, "title"))
        await pilot.press("slash", *"sidewalk", "enter")
        await until(pilot, lambda: "1 left of 1" in line(here, "title"))


async def test_a_verdict_that_cannot_be_kept_is_not_shown_as_one(
    here: BddsegApp, collection: Collection, told: Told
) -> None:
    async with here.run_test(size=(100, 30)) as pilot:
        await open_worklist(here, pilot)
        catalog = collection.catalog.path
        catalog.rename(catalog.with_suffix(".away"))
        await pilot.press("y")
        await until(pilot, lambda: "3 left of 3" in line(here, "title") and told())
        catalog.with_suffix(".away").rename(catalog)


async def test_where_nobody_has_looked_for_errors_it_says_how(app: BddsegApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await open_worklist(app, pilot)
        assert "No label errors have been looked for here yet" in message(app)
        await pilot.press("y", "u", "j", "tab", "s", "slash", "escape")
        await until(pilot, lambda: not isinstance(app.screen, WorklistScreen))


def test_the_place_stays_on_its_area_when_the_list_is_read_anew(suspects: Engine, collection: Collection) -> None:
    worklist = suspects.quality.worklist(collection)
    state = WorklistState(worklist).relisted().moved(2)
    fewer = Worklist(worklist.items[1:], searched=True)
    assert (state.place, state.read_anew(fewer).place) == (2, 1)
    assert state.item is not None and state.read_anew(fewer).item == state.item


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
def test_what_it_looks_like(here: BddsegApp, snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: AppPilot) -> None:
        await open_worklist(here, pilot)
        await pilot.press("y")
        await until(pilot, lambda: "2/3" in line(here, "where"))

    assert snap_compare(here, run_before=run, terminal_size=size)
