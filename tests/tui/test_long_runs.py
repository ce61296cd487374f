"""The Train pane with runs whose events this process writes: long, live, and looked at by one thread at a time."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Label, Static

from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.processes.process import this_process
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.history_reader import Histories
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.train.chart import Chart
from bddseg_tui.tui.train.configure import ConfigureScreen
from bddseg_tui.tui.train.pane import TrainPane
from bddseg_tui.tui.train.run_list import RunFilter, RunList
from bddseg_tui.tui.train.run_panel import RunPanel
from tests.tui.conftest import AppPilot, Told, until


def write_steps(run: Run, first: int, last: int, loss: float = 1.0) -> None:
    lines = (
        {"kind": "step", "step": n, "epoch": 1, "loss": loss + n % 7, "lr": 0.1, "images_per_s": 5.0}
        for n in range(first, last + 1)
    )
    with run.events.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def live(workspace: Workspace, drawn: Path) -> Run:
    """A run that goes on in this process."""
    run = create_run(workspace, drawn, build_config("demo", []), "demo")
    write_status(run.folder, Status("running", "train", 1, 10, process=this_process()), durable=False)
    return run


async def shown(pilot: AppPilot, app: BddsegApp) -> TrainPane:
    await until(pilot, lambda: app.collection)
    await pilot.press("2")
    await until(pilot, lambda: app.query(TrainPane) and app.query_one(TrainPane)._histories)
    return app.query_one(TrainPane)


def last_step(pane: TrainPane, run: Run) -> int:
    history = pane._histories.get(run.name, History())
    return history.last.step if history.last else 0


def shown_span(app: BddsegApp) -> object:
    """First and last step of what is zoomed into."""
    return app.query_one(Chart).plot.span


async def test_a_run_of_many_steps_is_drawn_from_few_points_while_it_goes_on(app: BddsegApp, live: Run) -> None:
    write_steps(live, 1, 20_000)
    async with app.run_test(size=(140, 45)) as pilot:
        pane = await shown(pilot, app)
        await until(pilot, lambda: last_step(pane, live) == 20_000)
        plot = app.query_one(Chart).plot
        assert max(len(s.xs) for s in plot.series) < 5_000
        assert plot.series[0].xs[-1] == 20_000
        write_steps(live, 20_001, 20_003, loss=30.0)
        await until(pilot, lambda: last_step(pane, live) == 20_003)
        assert max(app.query_one(Chart).plot.series[0].ys) > 30
        await pilot.press("plus", "plus", "plus")
        await until(pilot, lambda: shown_span(app) == (pytest.approx(17_503, abs=1), 20_003))
        assert len(app.query_one(Chart).plot.series[0].xs) > 1_000, "what is zoomed into keeps its detail"


async def test_one_thread_at_a_time_looks_at_the_disk(
    app: BddsegApp, live: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_steps(live, 1, 10)
    slow, at_once, most, read = threading.Event(), threading.Semaphore(1), list[bool](), Histories.read

    def watched(histories: Histories, paths: tuple[Path, ...]) -> tuple[dict[Path, History], bool]:
        most.append(at_once.acquire(blocking=False))
        slow.wait(30)
        found = read(histories, paths)
        at_once.release()
        return found

    monkeypatch.setattr(Histories, "read", watched)
    async with app.run_test(size=(140, 45)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("2")
        await until(pilot, lambda: most)
        pane = app.query_one(TrainPane)
        for _ in range(5):
            pane.look()
            await pilot.pause()
        assert len(most) == 1
        slow.set()
        await until(pilot, lambda: last_step(pane, live) == 10 and len(most) >= 2)
    assert all(most)


async def test_what_is_as_it_was_is_not_drawn_again(app: BddsegApp, live: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write_steps(live, 1, 50)
    async with app.run_test(size=(140, 45)) as pilot:
        pane = await shown(pilot, app)
        await until(pilot, lambda: last_step(pane, live) == 50 and app.query_one(Chart)._lines)
        panel = app.query_one(RunPanel)
        shows, show = list[int](), panel.show

        def counted(*shown: Any) -> None:
            show(*shown)
            shows.append(1)

        monkeypatch.setattr(panel, "show", counted)
        before = app.query_one(Chart)._lines, app.query_one("#run-summary", Static).visual
        await until(pilot, lambda: len(shows) >= 2)
        assert app.query_one(Chart)._lines is before[0]
        assert app.query_one("#run-summary", Static).visual is before[1]
        write_steps(live, 51, 51, loss=3.0)
        await until(pilot, lambda: last_step(pane, live) == 51)
        assert app.query_one(Chart)._lines is not before[0]


async def test_a_run_that_is_resumed_while_it_is_watched_shows_what_stands(app: BddsegApp, live: Run) -> None:
    write_steps(live, 1, 40, loss=80.0)
    async with app.run_test(size=(140, 45)) as pilot:
        pane = await shown(pilot, app)
        await until(pilot, lambda: last_step(pane, live) == 40)
        with live.events.open("a") as file:
            file.write('{"kind": "resume", "step": 0}\n')
        write_steps(live, 1, 20)
        await until(pilot, lambda: last_step(pane, live) == 20)
        assert max(app.query_one(Chart).plot.series[0].ys) < 10


async def test_names_take_the_room_that_the_list_has_and_follow_the_terminal(app: BddsegApp, live: Run) -> None:
    write_status(live.folder, Status("finished"))
    write_steps(live, 1, 3)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app)
        listing = app.query_one("#runs", VimList)
        await until(pilot, lambda: "0001-demo" in str(listing.get_option_at_index(0).prompt))
        assert "finished" not in str(listing.get_option_at_index(0).prompt)
        await pilot.resize_terminal(160, 45)
        await until(pilot, lambda: "finished" in str(listing.get_option_at_index(0).prompt))


async def test_what_is_behind_the_key_of_a_new_run_reaches_its_form(app: BddsegApp, live: Run) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        pane = await shown(pilot, app)
        await until(pilot, lambda: not any(w.group == "form" and w.is_running for w in app.workers))
        await pilot.press("n", "9")
        assert isinstance(app.screen, ConfigureScreen)
        assert app.screen.query_one("#set-height", Input).value.endswith("9")
        await pilot.press("escape")
        assert app.screen.focused is pane.query_one("#runs")


async def test_a_job_that_cannot_start_is_told_and_its_line_goes(
    told: Told, app: BddsegApp, live: Run, tmp_path: Path
) -> None:
    async with app.run_test(size=(140, 45)) as pilot:
        await shown(pilot, app)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "go into the folder" in str(app.screen.query(Label).first().render()))
        app.screen.query_one(Input).value = str(tmp_path / "out")
        await pilot.press("enter")
        await until(pilot, lambda: "no checkpoint" in told())
        assert not app.query_one("#job-line").display


async def test_runs_are_filtered_sorted_and_those_of_other_datasets_hidden(
    app: BddsegApp, live: Run, workspace: Workspace, tmp_path: Path
) -> None:
    elsewhere = create_run(workspace, tmp_path / "elsewhere", build_config("strong"), "strong")
    write_status(elsewhere.folder, Status("finished", facts={"best_epoch": 1, "best_miou19": 0.5}))
    async with app.run_test(size=(140, 45)) as pilot:
        await shown(pilot, app)
        runs = app.query_one("#runs", VimList)

        def names() -> list[str | None]:
            return [option.id for option in runs.options]

        await until(pilot, lambda: names() == ["0002-strong", "0001-demo"])
        row = str(runs.get_option_at_index(0).prompt)
        assert "≠ elsewhere" in row and " 50.0 " in row and "≠" not in str(runs.get_option_at_index(1).prompt)
        await pilot.press("d")
        await until(pilot, lambda: names() == ["0001-demo"])
        await pilot.press("d", "slash", *"sort:name", "enter")
        await until(pilot, lambda: names() == ["0001-demo", "0002-strong"])
        app.query_one(RunFilter).value = "sort:name state:x"
        await pilot.press("slash")
        await until(pilot, lambda: "state: takes" in str(app.query_one("#run-count", Label).render()))
        assert names() == ["0001-demo", "0002-strong"], "what was found stays while a term makes no sense"
        app.query_one(RunList).choose("0002-strong")
        await pilot.press("escape")
        await until(pilot, lambda: runs.chosen == "0002-strong")
