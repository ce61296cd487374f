"""Jobs that use a trained model, real and really interrupted: stopped, started twice, starved of disk."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.run import Run
from tests.small_disk import mounted_disk
from tests.train.run_events import config
from tests.train.test_runs import steps, wait_for


@pytest.fixture
def trained(engine: Engine, copied: Run) -> tuple[Engine, Run]:
    return engine, copied


def test_an_evaluation_is_made_once_protects_its_run_and_is_stopped_cleanly(trained: tuple[Engine, Run]) -> None:
    engine, run = trained
    folder = engine.runs.evaluate(run)
    with pytest.raises(BddsegError, match=r"0001-demo/evaluate-best-val is being evaluated already"):
        engine.runs.evaluate(run)
    with pytest.raises(BddsegError, match="being evaluated"):
        engine.runs.delete(run)
    assert [job.name for job in engine.runs.jobs()] == ["0001-demo/evaluate-best-val"]
    engine.runs.stop_job(engine.runs.job("last"))
    status = engine.runs.wait(folder)
    assert (status.state, status.message) == ("stopped", "stopped on request")
    assert engine.runs.jobs() == []


def test_ctrl_c_says_what_goes_on_and_how_to_stop_it(
    trained: tuple[Engine, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, run = trained
    monkeypatch.delenv("BDDSEG_WORKSPACE")
    root = str(engine.workspace.root)
    words = [sys.executable, "-m", "bddseg_tui.tui", "evaluate", run.name, "--tta", "flip", "--workspace", root]
    command = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert command.stderr
    command.stderr.readline()
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130
    stop = f"bddseg-tui stop 0001-demo/evaluate-best-val+flip --workspace {root}"
    assert f"`{stop}` ends it" in said
    done = subprocess.run(
        [sys.executable, "-m", "bddseg_tui.tui", *stop.split()[1:]], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["0001-demo/evaluate-best-val+flip", "stopped"])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that holds a run and not its export."""
    with mounted_disk(tmp_path / "small", "4m") as disk:
        yield disk


def test_an_export_onto_a_full_disk_fails_and_says_so(trained: tuple[Engine, Run], small_disk: Path) -> None:
    engine, run = trained
    # The job's own folder is on the full disk too: its last words have to find room.
    (small_disk / "export").mkdir()
    (run.folder / "export").symlink_to(small_disk / "export")
    job = engine.runs.export(run, "smp", small_disk / "out")
    status = engine.runs.wait(job)
    assert status.state == "failed"
    assert "the disk is full: make room" in status.message


def test_processes_whose_launcher_is_killed_checkpoint_and_end(engine: Engine, drawn: Path) -> None:
    several = config("processes=2", "device=cpu", "precision=fp32", "epochs=500", "checkpoint_minutes=60")
    run = engine.runs.train(drawn, several, "demo")
    wait_for(run, lambda events: steps(events) >= 2)
    process = run.status.process
    assert process
    launcher = psutil.Process(process.pid).parent()
    assert launcher
    workers = launcher.children(recursive=True)
    launcher.kill()
    _, alive = psutil.wait_procs(workers, timeout=90)
    assert alive == []
    assert run.status.state == "stopped"
    assert "last" in run.checkpoints()
    assert engine.runs.delete(run) == ""
