"""What the app looks like: SVG snapshots with a fixed size, theme and picture protocol."""

from pathlib import Path
from typing import Any

import pytest

from core.workspace import Workspace
from tests.tui.conftest import AppPilot, until
from tui.app import BddsegApp
from tui.widgets.picture import PictureView
from tui.widgets.sample_list import SampleList

Compare = Any


@pytest.fixture
def still(workspace: Workspace, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> BddsegApp:
    """The app without what moves by itself; without pictures too, which would be megabytes of SVG."""
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)
    return BddsegApp(workspace, drawn, "none")


def keys(app: BddsegApp, *pressed: str) -> Any:
    async def run(pilot: AppPilot) -> None:
        samples, picture = app.query_one(SampleList), app.query_one(PictureView)
        await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.counts)
        await until(pilot, lambda: not app.query_one("#dataset")._scanned)  # type: ignore[attr-defined]
        await pilot.press(*pressed)
        request = picture._request
        await until(
            pilot, lambda: request and picture._kept.get(picture._key(picture._request or request)) is picture._drawn
        )
        await pilot.pause(0.3)

    return run


def test_a_picture_in_half_blocks(snap_compare: Compare, app: BddsegApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)
    assert snap_compare(app, run_before=keys(app, "o"), terminal_size=(80, 24))


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24)])
def test_the_dataset_pane(snap_compare: Compare, still: BddsegApp, size: tuple[int, int]) -> None:
    assert snap_compare(still, run_before=keys(still, "j", "o"), terminal_size=size)


def test_the_dataset_pane_in_the_light_theme(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "D", "m"), terminal_size=(120, 34))


def test_a_filter_with_a_mistake(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "slash", *"has:buss"), terminal_size=(100, 30))


def test_the_help(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "question_mark"), terminal_size=(120, 40))


def test_the_train_pane_before_the_first_run(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "2"), terminal_size=(120, 34))


def test_the_evaluate_pane_before_the_first_evaluation(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "3"), terminal_size=(120, 34))


def test_the_first_screen(snap_compare: Compare, workspace: Workspace) -> None:
    async def shown(pilot: AppPilot) -> None:
        await until(pilot, lambda: len(pilot.app.screen_stack) > 1)

    assert snap_compare(BddsegApp(workspace, None, "halfblock"), run_before=shown, terminal_size=(100, 30))
