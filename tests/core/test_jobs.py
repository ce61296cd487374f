import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.job import JobLock, Status, StatusFile, read_status, write_status
from bddseg_tui.core.processes.process import identify, release_start, start_detached, this_process
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run, find_run, list_runs
from bddseg_tui.core.runs.run_jobs import delete_run
from bddseg_tui.core.workspace.workspace import Workspace


def test_a_live_status_of_a_living_process_is_believed(tmp_path: Path) -> None:
    write_status(tmp_path, Status("running", process=this_process()))
    assert read_status(tmp_path).state == "running"


def test_a_live_status_of_a_dead_process_is_lost(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    write_status(tmp_path, Status("running", process=identify(child.pid)))
    assert read_status(tmp_path).state == "running"
    child.kill()
    # Not waited for yet: a zombie is dead too.
    deadline = time.monotonic() + 10
    while read_status(tmp_path).live and time.monotonic() < deadline:
        pass
    assert read_status(tmp_path).state == "lost"
    child.wait()
    assert read_status(tmp_path).state == "lost"


def test_a_reused_process_id_is_not_mistaken_for_the_job(tmp_path: Path) -> None:
    write_status(tmp_path, Status("running", process=replace(this_process(), start="1")))
    assert read_status(tmp_path).state == "lost"


def test_a_job_of_an_earlier_boot_is_lost(tmp_path: Path) -> None:
    write_status(tmp_path, Status("running", process=replace(this_process(), boot="another")))
    assert read_status(tmp_path).state == "lost"


@pytest.mark.parametrize("shift", [-10 * 365 * 86400.0, 10 * 365 * 86400.0])
def test_setting_the_clock_changes_no_state(tmp_path: Path, shift: float, monkeypatch: pytest.MonkeyPatch) -> None:
    status = StatusFile(tmp_path)
    status.update(state="running", force=True)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + shift)
    assert read_status(tmp_path).state == "running"
    status.update(state="finished")
    assert read_status(tmp_path).state == "finished"


ODD_STATUSES = {
    "empty": (b"", "it is no JSON"),
    "cut": (b"{", "it is no JSON"),
    "a list": (b"[]", "dictionary"),
    "null": (b"null", "dictionary"),
    "not UTF-8": (b"\xff\xfe\xff", "it is not UTF-8"),
    "a state that is none": (b'{"state": 3, "odd": 1}', "state should be"),
    "a count that is null": (b'{"state": "finished", "done": null}', "done should be"),
    "a count of 400 digits": (b'{"state": "finished", "done": ' + b"9" * 400 + b"}", "done should be"),
    "digits without end": (b'{"state": "finished", "done": ' + b"9" * 5000 + b"}", "it is no JSON"),
    "a heartbeat of 1e999": (b'{"state": "finished", "heartbeat": 1e999}', "heartbeat should be"),
    "facts that are text": (b'{"state": "finished", "facts": {"seconds_left": "soon"}}', "seconds_left should be"),
    "nested without end": (b"[" * 100_000, "nested too deeply"),
    "larger than any": (b'{"message": "' + b"x" * 10_000_000 + b'"}', "larger than"),
}


@pytest.mark.parametrize("name", ODD_STATUSES)
def test_a_damaged_status_is_lost_and_says_why(tmp_path: Path, name: str) -> None:
    content, why = ODD_STATUSES[name]
    (tmp_path / "status.json").write_bytes(content)
    status = read_status(tmp_path)
    assert status.state == "lost"
    assert why in status.message and "\n" not in status.message


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_something_else_in_the_place_of_the_status_blocks_nobody(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "status.json"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert read_status(tmp_path).state == "lost"


def test_a_name_that_is_no_unicode_in_a_message_does_not_hide_the_status(tmp_path: Path) -> None:
    write_status(tmp_path, Status("failed", message="no such file: a\udcff"))
    assert read_status(tmp_path) == Status("failed", message="no such file: a?")
    (tmp_path / "status.json").write_bytes(b'{"state": "failed", "message": "a\\ud800", "of_later": 1}')
    assert read_status(tmp_path) == Status("failed", message="a\N{REPLACEMENT CHARACTER}")


def test_figures_that_are_not_finite_do_not_hide_the_status(tmp_path: Path) -> None:
    write_status(tmp_path, Status("finished", facts={"seconds_left": float("nan"), "step_s": float("inf")}))
    assert read_status(tmp_path).facts == {"seconds_left": None, "step_s": None}


def test_what_a_status_says_cannot_reach_the_terminal_raw(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text(json.dumps({"state": "failed", "message": "\x1b[2Jgone", "phase": "\x07"}))
    assert read_status(tmp_path).message == "·[2Jgone"


def test_only_one_process_works_in_a_folder(tmp_path: Path) -> None:
    lock = JobLock(tmp_path)
    with pytest.raises(BddsegError, match="another process"):
        JobLock(tmp_path)
    lock.release()
    JobLock(tmp_path).release()


def test_runs_are_numbered_whatever_the_clock_says(workspace: Workspace, tmp_path: Path) -> None:
    config = build_config()
    first, second = (create_run(workspace, tmp_path, config, "focal") for _ in range(2))
    assert (first.name, second.name) == ("0001-focal", "0002-focal")
    assert [r.name for r in list_runs(workspace)] == ["0002-focal", "0001-focal"]
    assert delete_run(workspace, first) == ""
    assert create_run(workspace, tmp_path, config, "../x Y").name == "0003--x-y"


def test_a_run_is_found_by_name_number_or_last(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no runs yet"):
        find_run(workspace, "last")
    run = create_run(workspace, tmp_path, build_config(), "demo")
    for text in ("0001-demo", "1", "0001", "last"):
        assert find_run(workspace, text) == run
    with pytest.raises(UsageError, match="did you mean '0001-demo'"):
        find_run(workspace, "0001-dmo")


def test_last_is_the_newest_run_with_a_checkpoint_where_a_model_is_used(workspace: Workspace, tmp_path: Path) -> None:
    trained, failed = (create_run(workspace, tmp_path, build_config(), "demo") for _ in range(2))
    assert find_run(workspace, "last", trained=True) == failed
    (trained.folder / "checkpoints/best").mkdir(parents=True)
    (trained.folder / "checkpoints/best/model.safetensors").touch()
    assert find_run(workspace, "last") == failed
    assert find_run(workspace, "last", trained=True) == trained


def test_a_configuration_comes_back_from_its_run(workspace: Workspace, tmp_path: Path) -> None:
    config = build_config("focal", ["learning_rate=3e-4", "encoder_weights=none"])
    run = create_run(workspace, tmp_path, config, "focal")
    assert type(config)(**run.spec["train"]) == config


def test_training_needs_a_labelled_train_split(engine: Engine, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(BddsegError, match="no labelled train split"):
        engine.runs.train(tmp_path, build_config(), "demo")
    assert engine.runs.list_runs() == []


def test_a_job_can_say_everything_into_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "speaks.py").write_text("print('·\\udcff')")
    job = start_detached("speaks", [], tmp_path / "log.txt")
    release_start(job)
    assert job.wait() == 0
    assert (tmp_path / "log.txt").read_text("utf-8") == "·?\n"
