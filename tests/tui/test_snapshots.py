"""What the app looks like: SVG snapshots with a fixed size, theme and picture protocol."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.retrieval.chats import Candidate, Turn
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.dataset.grid import Thumbnail
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.evaluate.class_table import ClassTable
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.train.chart import Chart
from tests.core.test_odd_records import result
from tests.tui.conftest import AppPilot, until

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
        await until(pilot, lambda: not app.query_one(ListPanel).doing)
        await pilot.press(*pressed)
        request = picture._request
        await until(
            pilot, lambda: request and picture._kept.get(picture._wanted(picture._request or request)) is picture._drawn
        )
        await pilot.pause(0.3)

    return run


def test_a_picture_in_half_blocks(snap_compare: Compare, app: BddsegApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)
    assert snap_compare(app, run_before=keys(app, "o"), terminal_size=(80, 24))


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24)])
def test_the_dataset_pane(snap_compare: Compare, still: BddsegApp, size: tuple[int, int]) -> None:
    assert snap_compare(still, run_before=keys(still, "j", "o"), terminal_size=size)


def test_the_grid(snap_compare: Compare, app: BddsegApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False)

    async def run(pilot: AppPilot) -> None:
        await keys(app)(pilot)
        await pilot.press("V", "l", "j")
        await until(pilot, lambda: app.query(Thumbnail))
        shown = [t for t in app.query(Thumbnail) if t.picture.size.area]
        await until(pilot, lambda: shown and all(t.picture.drawn for t in shown))

    assert snap_compare(app, run_before=run, terminal_size=(80, 24))


def test_the_dataset_pane_in_the_light_theme(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "D", "m"), terminal_size=(120, 34))


def test_a_filter_with_a_mistake(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "slash", *"has:buss"), terminal_size=(100, 30))


def test_the_help(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "question_mark"), terminal_size=(120, 40))


def test_the_train_pane_before_the_first_run(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "2"), terminal_size=(120, 34))


def write_run(workspace: Workspace, dataset: Path) -> None:
    """A finished run of six epochs, whose validation loss begins with an outlier."""
    run = create_run(workspace, dataset, build_config("demo"), "demo")
    events: list[dict[str, Any]] = [{"kind": "start", "step": 0, "steps_an_epoch": 10}]
    for step in range(1, 61):
        loss, speed = 0.6 + 3 / (1 + step / 8), 40.0 + step % 3
        figures = {"loss": loss, "lr": 2e-3 * (1 - step / 60), "images_per_s": speed, "memory_mib": 1100.0}
        events.append(
            {"kind": "step", "step": step, "epoch": 1, **figures, "cpu_percent": 90.0, "memory_percent": 20.0}
        )
        if step % 10 == 0:
            rows = [
                {"id": c.id, "name": c.name, "iou": min(1.0, step / (80 + 20 * c.id)), "precision": 0.5, "recall": 0.5}
                | {"percentage": 20.0 - c.id}
                for c in CLASSES
            ]
            rates = {"pixel_accuracy": 0.5 + step / 200, "miou19": step / 150, "miou20": step / 160}
            losses = {"train_loss": loss, "val_loss": 1117.0 if step == 10 else loss + 0.3}
            events.append(
                {"kind": "epoch", "epoch": step // 10, "step": step, "seconds": 1.0, **losses, **rates, "classes": rows}
            )
    run.events.write_text("".join(json.dumps(event) + "\n" for event in events))
    facts = {"device": "cpu", "precision": "bf16", "best_epoch": 6, "best_miou19": 0.4, "trained_s": 200.0}
    write_status(run.folder, Status("finished", done=60, total=60, facts=facts))


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24)])
def test_the_train_pane_with_a_finished_run(
    snap_compare: Compare, still: BddsegApp, workspace: Workspace, drawn: Path, size: tuple[int, int]
) -> None:
    write_run(workspace, drawn)

    async def shown(pilot: AppPilot) -> None:
        await until(pilot, lambda: still.query_one(SampleList).count == 21)
        await until(pilot, lambda: not still.query_one(ListPanel).doing)
        await pilot.press("2")
        await until(pilot, lambda: still.query(Chart) and len(still.query(Chart).first().plot.series) == 3)
        await pilot.pause(0.3)

    assert snap_compare(still, run_before=shown, terminal_size=size)


def test_the_evaluate_pane_before_the_first_evaluation(snap_compare: Compare, still: BddsegApp) -> None:
    assert snap_compare(still, run_before=keys(still, "3"), terminal_size=(120, 34))


def test_the_first_screen(snap_compare: Compare, workspace: Workspace) -> None:
    async def shown(pilot: AppPilot) -> None:
        await until(pilot, lambda: len(pilot.app.screen_stack) > 1)

    assert snap_compare(BddsegApp(workspace, None, "halfblock"), run_before=shown, terminal_size=(100, 30))


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
def test_the_ask_pane_without_an_index(snap_compare: Compare, still: BddsegApp, size: tuple[int, int]) -> None:
    async def run(pilot: AppPilot) -> None:
        await keys(still, "4")(pilot)
        await until(pilot, lambda: "no index" in str(still.query_one("#introduction--text", Static).render()))

    assert snap_compare(still, run_before=run, terminal_size=size)


@pytest.mark.parametrize("size", [(160, 45), (100, 30)])
def test_a_question_with_its_answer(
    snap_compare: Compare, still: BddsegApp, drawn: Path, size: tuple[int, int]
) -> None:
    images = sorted(str(p.relative_to(drawn)) for p in (drawn / "images/10k/val").iterdir())
    found = tuple(Candidate(image, 0.5 - k / 20, 0.97 - k / 7) for k, image in enumerate(images))
    answer = "Yes, there is **a red bus** on the left."
    turns = [
        Turn(
            number=1,
            question="I drive through the city at night, is there a bus?",
            anchors=("city street", "night"),
            fallback="",
            candidates=found,
            image=images[0],
            answer=answer,
        ),
        Turn(2, "and now?", candidates=found, state="failed", problem="the server http://box/v1 cannot be reached"),
    ]
    chats = still.engine.chats
    chat = chats.new(drawn)
    for turn in turns:
        chat = chats.keep(chat, replace(turn, score=0.5, confidence=0.97, timings={"total": 1.24, "first_token": 0.91}))

    async def run(pilot: AppPilot) -> None:
        await keys(still, "4")(pilot)
        await until(pilot, lambda: still.query("#turns"))
        still.query_one(AskPane).before_command()
        await pilot.press("c")
        await until(pilot, lambda: len(still.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: len(still.query(TurnView)) == 2)
        await pilot.press("k")
        await pilot.pause(0.5)

    assert snap_compare(still, run_before=run, terminal_size=size)


@pytest.mark.parametrize("size", [(160, 45), (100, 30), (80, 24)])
def test_two_evaluations_compared(snap_compare: Compare, still: BddsegApp, drawn: Path, size: tuple[int, int]) -> None:
    for seed in (1, 2):
        run = create_run(still.engine.workspace, drawn, build_config("demo"), "demo")
        folder = run.folder / "evaluation" / "best-val"
        folder.mkdir(parents=True)
        made = result(run=run.name, miou19=0.5 + seed / 20, boundary_miou19=0.25, ece=0.05)
        for row in made["classes"]:
            at = row["id"] / 20
            row.update(iou=abs(0.9 - at - seed / 40), precision=0.75, recall=1 - at, percentage=30 * (1 - at) ** 4)
            row["boundary_iou"] = 0.25
        (folder / "result.json").write_text(json.dumps(made))
        write_status(folder, Status("finished", heartbeat=1.0))

    async def run_before(pilot: AppPilot) -> None:
        await keys(still, "3")(pilot)
        await until(pilot, lambda: still.query_one(ClassTable).row_count == 20)
        await pilot.press("c", "enter", "enter", "s", "j")
        await until(pilot, lambda: "◆" in str(still.query_one("#evaluation-summary", Static).render()))
        await pilot.pause(0.3)

    assert snap_compare(still, run_before=run_before, terminal_size=size)
