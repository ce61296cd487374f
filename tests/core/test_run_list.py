"""What lists of runs show, and how they are filtered and sorted."""

import os
from pathlib import Path

import pytest

from bddseg_tui.core.data.filter_language import QueryError
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.runs.run_filter import parse_runs, run_completions
from bddseg_tui.core.runs.run_summaries import RunSummary
from bddseg_tui.core.workspace.workspace import Workspace


@pytest.fixture
def runs(workspace: Workspace, tmp_path: Path) -> tuple[RunSummary, ...]:
    """Four runs on two datasets; the last one has no validation yet."""
    made = (
        ("camvid", "focal", "finished", {"best_epoch": 3, "best_miou19": 0.41, "trained_s": 7200.0}),
        ("camvid", "strong", "failed", {"best_epoch": 1, "best_miou19": 0.52, "trained_s": 60.0}),
        ("bdd", "strong", "finished", {"best_epoch": 2, "best_miou19": 0.33, "trained_s": 3600.0}),
        ("bdd", "demo", "stopped", {"best_epoch": None, "best_miou19": None}),
    )
    for number, (dataset, preset, state, facts) in enumerate(made):
        run = create_run(workspace, tmp_path / dataset, build_config(preset), preset)
        os.utime(run.folder / "config.toml", (1000 + number, 1000 + number))
        write_status(run.folder, Status(state, heartbeat=1503.0, facts=facts))  # type: ignore[arg-type]
    return Engine(workspace).runs.summaries().read()


def test_a_summary_tells_dataset_preset_miou_and_time(runs: tuple[RunSummary, ...], tmp_path: Path) -> None:
    newest, *_, first = runs
    assert (first.name, first.dataset, first.dataset_name) == ("0001-focal", tmp_path / "camvid", "camvid")
    assert (first.preset, first.encoder, first.miou19, first.seconds) == ("focal", "resnet34", 0.41, 7200.0)
    assert (newest.miou19, newest.seconds) == (None, 500.0), "an earlier version's run: from its beginning to its end"


def test_summaries_are_the_same_value_while_nothing_is_new(runs: tuple[RunSummary, ...], workspace: Workspace) -> None:
    reader = Engine(workspace).runs.summaries()
    before = reader.read()
    assert reader.read() is before
    write_status(before[0].run.folder, Status("failed"))
    after = reader.read()
    assert after[0].status.state == "failed" and after[1] is before[1]


def test_a_run_whose_configuration_is_damaged_is_listed_all_the_same(workspace: Workspace, tmp_path: Path) -> None:
    run = create_run(workspace, tmp_path, build_config("demo"), "demo")
    (run.folder / "config.toml").write_text("= nonsense")
    (found,) = Engine(workspace).runs.summaries().read()
    assert (found.name, found.dataset, found.dataset_name) == (run.name, None, "-")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", "4321"),
        ("sort:-miou", "2134"),
        ("sort:miou", "3124"),
        ("sort:time", "2431"),
        ("camvid", "21"),
        ("strong -camvid", "3"),
        ("state:fin miou>35%", "1"),
        ("hours>=1 sort:started", "13"),
        ("preset:demo", "4"),
        ("dataset:nowhere", ""),
    ],
)
def test_runs_are_filtered_and_sorted(runs: tuple[RunSummary, ...], text: str, numbers: str) -> None:
    assert "".join(run.name[3] for run in parse_runs(text).select(runs)) == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("state:ended", "state: takes queued, starting"),
        ("sort:mious", "did you mean"),
        ("loss<3", "compare what?"),
        ("miou>", "with a number"),
        ("colour:red", "no filter is called 'colour'"),
        ("camvid preset:", "preset: what?"),
    ],
)
def test_a_wrong_term_is_named(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message) as caught:
        parse_runs(text)
    assert text[caught.value.start : caught.value.end] == text.split()[-1]


def test_the_last_word_is_completed(runs: tuple[RunSummary, ...]) -> None:
    assert run_completions("miou>40% dataset:c", runs) == ["miou>40% dataset:camvid"]
    assert "sort:-miou" in run_completions("sort:-m", runs)
