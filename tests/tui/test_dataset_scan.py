"""The Dataset pane where the disk, the scan or the catalog fails: it says so, and shows what it knows."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from bddseg_tui.core.data.catalog import database
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.scan import DatasetScan, ScanProcess
from tests.core.test_repair import damage
from tests.tui.conftest import AppPilot, Told, until


def scan_of(app: BddsegApp) -> ScanProcess:
    """The scan that is under way, or was last."""
    scan = app.query_one(DatasetScan).scan
    assert scan is not None
    return scan


async def ready(app: BddsegApp, pilot: AppPilot) -> Collection:
    """The app with everything scanned."""
    pane = app.query_one(DatasetPane)
    await until(pilot, lambda: pane.collection is not None and app.query_one(SampleList).row is not None)
    collection = pane.collection
    assert collection is not None
    await until(pilot, lambda: collection.catalog.progress() == (21, 0) and scan_of(app).process is not None)
    process = scan_of(app).process
    await until(pilot, lambda: process is not None and process.poll() is not None)
    return collection


async def test_a_dataset_that_is_gone_is_told_and_stays_listed(told: Told, workspace: Workspace, dataset: Path) -> None:
    app = BddsegApp(workspace, dataset, "none")
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app, pilot)
        for image in (dataset / "images").rglob("*.jpg"):
            image.unlink()
        await pilot.press("R")
        await until(pilot, lambda: str(dataset) in told())
        assert app.query_one(SampleList).count == 21


async def test_a_scan_that_is_killed_is_told(told: Told, workspace: Workspace, dataset: Path) -> None:
    app = BddsegApp(workspace, dataset, "none")
    async with app.run_test(size=(100, 30)) as pilot:
        collection = await ready(app, pilot)
        with closing(sqlite3.connect(collection.catalog.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            (dataset / "images/10k/train/added.jpg").touch()
            before = scan_of(app)
            await pilot.press("R")
            await until(pilot, lambda: scan_of(app) is not before and scan_of(app).process is not None)
            process = scan_of(app).process
            assert process is not None
            psutil.Process(process.pid).kill()
            await until(pilot, lambda: "the scan ended unexpectedly" in told())


async def test_a_tag_that_cannot_be_written_is_told(
    told: Told, workspace: Workspace, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)
    app = BddsegApp(workspace, dataset, "none")
    async with app.run_test(size=(100, 30)) as pilot:
        collection = await ready(app, pilot)
        with closing(sqlite3.connect(collection.catalog.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await pilot.press("t", *"night", "enter")
            await until(pilot, lambda: "cannot be written: another process is writing it" in told())


async def test_another_scan_ends_the_one_before(workspace: Workspace, dataset: Path) -> None:
    app = BddsegApp(workspace, dataset, "none")
    async with app.run_test(size=(100, 30)) as pilot:
        collection = await ready(app, pilot)
        with closing(sqlite3.connect(collection.catalog.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            (dataset / "images/10k/train/added.jpg").touch()
            before = scan_of(app)
            await pilot.press("R")
            await until(pilot, lambda: scan_of(app) is not before and scan_of(app).process is not None)
            waiting = scan_of(app).process
            await pilot.press("R")
            await until(pilot, lambda: waiting is not None and waiting.poll() is not None)
        await until(pilot, lambda: collection.catalog.progress() == (22, 0))


async def test_rows_that_cannot_be_read_are_told(told: Told, workspace: Workspace, dataset: Path) -> None:
    app = BddsegApp(workspace, dataset, "none")
    async with app.run_test(size=(100, 30)) as pilot:
        collection = await ready(app, pilot)
        damage(collection.catalog.path, "samples")
        app.query_one(SampleList).reload()
        await until(pilot, lambda: "`bddseg-tui data repair" in told())
