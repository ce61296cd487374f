"""Answers that arrive in the Dataset pane after another question was asked are not shown as the answer to that one."""

import threading
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.filter_language import Query, parse_query
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.filter_bar import FilterBar
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.scan import DatasetScan, Progress
from bddseg_tui.tui.dataset.semantic_search import Results, SemanticSearch, words_search
from tests.tui.conftest import AppPilot, until


async def listed(app: BddsegApp, pilot: AppPilot) -> ListPanel:
    """The list of the dataset, scanned."""
    panel = app.query_one(ListPanel)
    await until(pilot, lambda: panel.samples.count == 21 and panel.samples.row and panel.samples.row.counts)
    await until(pilot, lambda: not panel.doing)
    return panel


async def test_what_an_earlier_filter_leaves_is_not_listed_under_a_later_one(
    app: BddsegApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, disk, asked, earlier = Catalog.find, threading.Event(), threading.Event(), parse_query("split:train")
    threads: list[threading.Thread] = []

    def slow(
        catalog: Catalog,
        query: Query,
        evaluation: str | None = None,
        limit: int | None = None,
        unwanted: Callable[[], bool] | None = None,
    ) -> list[int]:
        if query != earlier:
            return find(catalog, query, evaluation, limit, unwanted)
        threads.append(threading.current_thread())
        asked.set()
        disk.wait(60)
        return find(catalog, query, evaluation, limit)

    async with app.run_test(size=(100, 30)) as pilot:
        panel, bar = await listed(app, pilot), app.query_one(FilterBar)
        monkeypatch.setattr(Catalog, "find", slow)
        bar.set_text("split:train")
        await until(pilot, asked.is_set)
        bar.set_text("split:val")
        await until(pilot, lambda: panel.samples.count == 6)
        disk.set()
        await until(pilot, lambda: not any(thread.is_alive() for thread in threads))
        assert panel.samples.count == 6


async def test_what_a_search_that_was_given_up_has_found_is_not_listed(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        panel = await listed(app, pilot)
        found = Results(words_search("", "a bus"), Path("/"), (), array("q"), {})
        panel.query_one(SemanticSearch).post_message(SemanticSearch.Done(found))
        await pilot.pause()
        assert panel.samples.count == 21


async def test_how_far_a_scan_was_that_another_has_ended_is_not_told(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        panel, scan = await listed(app, pilot), app.query_one(DatasetScan)
        assert scan.scan is not None
        scan.scan.end()
        scan.post_message(DatasetScan.Step(scan.scan, Progress(3, 99, new_files=False)))
        await pilot.pause()
        assert panel.doing == ""
