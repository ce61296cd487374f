"""TensorBoard files, and runs without them."""

import sys
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.train.tensorboard_writer import open_tensorboard
from tests.train.in_process import fit, small_config
from tests.train.tensorboard_files import read_board, scalars


def test_what_a_killed_job_wrote_is_hidden_from_where_its_resume_begins(tmp_path: Path) -> None:
    for first, last in ((1, 5), (3, 4)):
        board = open_tensorboard(tmp_path, first)
        assert board
        for step in range(first, last + 1):
            board.write_step(step, {"loss": float(first)})
        # Not closed: a killed job closes nothing either.
        board.flush()
    assert scalars(read_board(tmp_path), "step/loss") == [(1, 1.0), (2, 1.0), (3, 3.0), (4, 3.0)]


def test_a_run_without_the_extra_says_once_that_it_writes_no_tensorboard_files(
    engine: Engine, drawn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    run = fit(engine, drawn, small_config())
    said = "no TensorBoard files are written: pip install 'bddseg-tui[tensorboard]'"
    assert capsys.readouterr().out.splitlines().count(said) == 1
    events = read_events(run.events)
    assert events[0]["kind"] == "start" and events[0]["tensorboard"] is False
    assert events[-1]["kind"] == "finish" and not (run.folder / "tensorboard").exists()
