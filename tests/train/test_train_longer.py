"""A run that trains longer than it was to, also one that has finished."""

from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs import run_jobs
from bddseg_tui.core.runs.run import Run
from bddseg_tui.train.fit import fit_run
from bddseg_tui.train.schedule import lr_factor
from tests.train.in_process import fit, job, small_config


def test_a_finished_run_trains_on_by_the_schedule_of_a_longer_one(
    engine: Engine, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config()
    run = fit(engine, drawn, config)
    with pytest.raises(BddsegError, match="has finished its 1 epochs"):
        engine.runs.resume(run)
    with pytest.raises(UsageError, match="has trained 1 epochs: set epochs to more"):
        engine.runs.resume(run, epochs=0)
    monkeypatch.setattr(run_jobs, "_launch", lambda *_: None)
    engine.runs.resume(run, epochs=2)
    with job(run.folder) as writer:
        fit_run(Run(run.folder), writer)
    steps = [e for e in read_events(run.events) if e["kind"] == "step"]
    assert [e["step"] for e in steps] == [1, 2, 3, 4, 5, 6]
    expected = [config.learning_rate * lr_factor(step, 6, config.warmup_steps, config.schedule) for step in (3, 4, 5)]
    assert [e["lr"] for e in steps[3:]] == pytest.approx(expected)
    assert [e["epoch"] for e in read_events(run.events) if e["kind"] == "epoch"] == [1, 2]


def test_a_run_whose_steps_are_set_is_made_longer_by_steps(
    engine: Engine, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fit(engine, drawn, small_config("steps=2"))
    with pytest.raises(BddsegError, match="has finished its 2 steps: `--set steps=`"):
        engine.runs.resume(run)
    with pytest.raises(UsageError, match="as long as its steps say"):
        engine.runs.resume(run, epochs=3)
    monkeypatch.setattr(run_jobs, "_launch", lambda *_: None)
    engine.runs.resume(run, steps=5)
    with job(run.folder) as writer:
        fit_run(Run(run.folder), writer)
    steps = [e["step"] for e in read_events(run.events) if e["kind"] == "step"]
    assert steps == [1, 2, 3, 4, 5]
