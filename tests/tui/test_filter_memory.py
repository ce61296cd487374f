"""The filter bar while words are half typed, the filters that were used, and views saved by name."""

import stat

from textual.widgets import Input

from bddseg_tui.core.data.catalog import ImageScore
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from tests.tui.conftest import AppPilot, Told, until


async def opened(app: BddsegApp, pilot: AppPilot) -> SampleList:
    samples = app.query_one(SampleList)
    await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.counts)
    return samples


def typed(app: BddsegApp) -> str:
    return app.query_one(FilterBar).query_one(Input).value


async def test_the_list_stays_while_a_word_is_half_typed(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples, panel = await opened(app, pilot), app.query_one(ListPanel)
        await pilot.press("slash")
        for letter in "clas":
            await pilot.press(letter)
            assert panel.settled.is_set() and samples.count == 21
        await pilot.press(*"s:car>3%")
        await until(pilot, lambda: 0 < samples.count < 21)
        few = samples.count
        await pilot.press("space", *"spl")
        assert panel.settled.is_set() and samples.count == few
        await pilot.press("enter")
        await until(pilot, lambda: samples.count == 0)


async def test_filters_that_were_used_come_back_with_the_arrows(app: BddsegApp, workspace: Workspace) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples = await opened(app, pilot)
        for text in ("has:car", "split:val"):
            await pilot.press("slash", "ctrl+u", *text, "enter")
        await until(pilot, lambda: Engine(workspace).data.filter_history() == ("has:car", "split:val"))
        await pilot.press("slash", "ctrl+u", "up", "up", "up")
        assert typed(app) == "has:car"
        await pilot.press("down")
        assert typed(app) == "split:val"
        await pilot.press("down")
        assert typed(app) == ""
        await pilot.press("down")
        assert samples.has_focus
    assert stat.S_IMODE(workspace.filter_history.stat().st_mode) == 0o600


async def test_a_view_is_saved_and_chosen_by_key_and_in_the_palette(
    app: BddsegApp, workspace: Workspace, told: Told
) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples, pane = await opened(app, pilot), app.query_one(DatasetPane)
        await pilot.press("slash", *"split:val", "enter", "o")
        await until(pilot, lambda: samples.count == 6)
        await pilot.press("N", *"mine", "enter")
        await until(pilot, lambda: "saved as mine" in told())
        await pilot.press("escape", "i")
        await until(pilot, lambda: samples.count == 21)
        await pilot.press("B", "enter")
        await until(pilot, lambda: samples.count == 6)
        assert pane.state.view == "overlay" and typed(app) == "split:val"
        await pilot.press("escape")
        await until(pilot, lambda: samples.count == 21)
        await pilot.press("ctrl+p", *"view: mine", "enter")
        await until(pilot, lambda: samples.count == 6)


async def test_a_filter_that_names_an_evaluation_shows_its_predictions(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        samples, pane = await opened(app, pilot), app.query_one(DatasetPane)
        assert pane.collection
        rows = pane.engine.data.find(pane.collection, "split:val")
        found = [ImageScore(r.image, r.image, predicted=(9, *[0] * 14, n, *[0] * 4)) for n, r in enumerate(rows)]
        await pilot.press("slash", *"pred:bus>1%")
        await until(pilot, lambda: samples.count == 0 and "whose predictions? choose" in samples.empty_text)
        pane.collection.catalog.record_scores("0001-demo/best-val", found)
        pane.action_rescan()
        await until(pilot, lambda: app.query_one(ListPanel).known.evaluations)
        await pilot.press("space", *"evaluation:0001", "tab")
        await until(pilot, lambda: samples.count == 5)
        assert pane.evaluation == "0001-demo/best-val"
        await pilot.press("enter", "s", *"bus as", "enter")
        await until(pilot, lambda: samples.column == "pred:bus" and samples.row)
        assert "35.7" in samples.render_line(0).text
