"""Predictions by epoch in the app."""

from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Label

from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.processes.process import this_process
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.samples_screen import SamplesScreen
from bddseg_tui.tui.train.samples_text import class_lines
from tests.sampled_run import keep_epoch, sampled_run
from tests.tui.conftest import AppPilot, until


def shown(app: BddsegApp) -> str:
    return str(app.screen.query_one("#samples--epoch", Label).render())


def prediction(app: BddsegApp) -> str:
    """The file that the third picture shows, below the run's samples."""
    request = app.screen.query_one("#samples--picture2", PictureView)._request
    return "/".join(request.prediction.parts[-2:]) if request and request.prediction else ""


async def open_samples(app: BddsegApp, pilot: AppPilot) -> None:
    await until(pilot, lambda: app.collection)
    await pilot.press("2")
    await until(pilot, lambda: app.query("#runs") and app.query_one("#runs", VimList).chosen)
    await pilot.press("i")
    await until(pilot, lambda: isinstance(app.screen, SamplesScreen) and prediction(app))


async def test_keys_step_through_epochs_and_images_and_the_last_epoch_follows_a_run_that_trains(
    app: BddsegApp, workspace: Workspace, drawn: Path
) -> None:
    run = sampled_run(workspace, drawn, 3, images=2)
    write_status(run.folder, Status("running", process=this_process(), facts={"epochs": 9}))
    async with app.run_test(size=(100, 30)) as pilot:
        await open_samples(app, pilot)
        assert prediction(app) == "epoch-0003/1.png" and "epoch 3 of 9" in shown(app)
        keep_epoch(run, 4, images=2)
        await until(pilot, lambda: prediction(app) == "epoch-0004/1.png")
        await pilot.press("left", "j")
        assert prediction(app) == "epoch-0003/2.png" and "right here 37.5 %" in shown(app)
        keep_epoch(run, 5, images=2)
        await until(pilot, lambda: "2 more" in shown(app))
        assert prediction(app) == "epoch-0003/2.png"
        await pilot.press("home")
        assert prediction(app) == "epoch-0001/2.png"
        await pilot.press("escape")
        assert not isinstance(app.screen, SamplesScreen)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
def test_what_it_looks_like(
    snap_compare: Any, workspace: Workspace, drawn: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled_run(workspace, drawn, 6, images=3)
    still = BddsegApp(workspace, drawn, "none")

    async def run(pilot: AppPilot) -> None:
        await open_samples(still, pilot)
        await pilot.press("left", "left", "c")
        await pilot.pause()

    assert snap_compare(still, run_before=run, terminal_size=size)


def test_no_class_is_broken_by_a_line_and_what_does_not_fit_is_counted() -> None:
    shares = [5.0] * 20
    lines = class_lines(shares, None, 80).plain.split("\n")
    assert [len(line) <= 80 for line in lines] == [True, True] and lines[1].endswith(" +12")
    assert "+" not in class_lines(shares, None, 400).plain


async def test_a_run_that_has_kept_nothing_says_why(app: BddsegApp, workspace: Workspace, drawn: Path) -> None:
    run = sampled_run(workspace, drawn, 0)
    write_status(run.folder, Status("stopped"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("2")
        await until(pilot, lambda: app.query("#runs") and app.query_one("#runs", VimList).chosen)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query("#samples--grid.-empty"))
        picture = app.screen.query_one("#samples--picture0", PictureView)
        assert "before its first epoch" in picture._message and picture.size.width == 80
