"""One runner for every kind of job, in processes of its own that really fail, stop and die."""

import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.jobs.job import JobLock, Status, read_status, write_status
from bddseg_tui.core.processes.process import this_process

JOB = """
import errno, os, signal, sys
from pathlib import Path
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job_writer import StopRequestedError
from bddseg_tui.core.jobs.run_job import run_job
from bddseg_tui.core.processes.locks import USE, try_lock
folder, rank = Path(sys.argv[1]), int(sys.argv[2])
uses = [Path(p) for p in sys.argv[3:]]
def work(job):
    job.update(state="running", phase="work", facts={"device": "cpu"})
    job.progress(1, 3)
    WORK
sys.exit(run_job(folder, work, uses=uses, rank=rank))
"""


def run(folder: Path, work: str, rank: int = 0, uses: tuple[Path, ...] = ()) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-P", "-c", JOB.replace("WORK", work), str(folder), str(rank), *map(str, uses)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def kinds(folder: Path) -> list[str]:
    return [event["kind"] for event in read_events(folder / "events.jsonl")]


def test_a_job_that_is_done_is_finished(tmp_path: Path) -> None:
    done = run(tmp_path / "job", "job.event('start'); job.progress(3, 3)")
    status = read_status(tmp_path / "job")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (status.state, status.done, status.phase, status.facts["device"]) == ("finished", 3, "", "cpu")
    assert kinds(tmp_path / "job") == ["start"]


FAILURES = {
    "one line for a person": ("raise BddsegError('no such weights')", "no such weights"),
    "the disk": ("raise OSError(errno.ENOSPC, 'x', '/data/a.png')", "/data/a.png: the disk is full: make room"),
    "a mistake of ours": ("1 / 0", "ZeroDivisionError: division by zero (more in log.txt)"),
}


@pytest.mark.parametrize(("work", "message"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_told_in_status_events_log_and_exit_code(tmp_path: Path, work: str, message: str) -> None:
    done = run(tmp_path / "job", work)
    status = read_status(tmp_path / "job")
    assert (done.returncode, status.state, status.message) == (1, "failed", message)
    assert done.stdout.splitlines()[-1] == f"failed: {message}"
    assert ("Traceback" in done.stderr) == ("more in log.txt" in message)
    last = read_events(tmp_path / "job/events.jsonl")[-1]
    assert last["kind"] == "fail" and last.get("message") == message


def test_sigterm_stops_a_job_where_it_looks_for_it(tmp_path: Path) -> None:
    done = run(tmp_path / "job", "signal.raise_signal(signal.SIGTERM); job.progress(2, 3); 1 / 0")
    status = read_status(tmp_path / "job")
    assert (done.returncode, status.state, status.message) == (0, "stopped", "stopped on request")
    assert kinds(tmp_path / "job") == ["stop"]


def test_a_killed_job_is_lost_and_its_folder_free(tmp_path: Path) -> None:
    assert run(tmp_path / "job", "os.kill(os.getpid(), signal.SIGKILL)").returncode == -9
    assert read_status(tmp_path / "job").state == "lost"
    assert run(tmp_path / "job", "pass").returncode == 0


def test_what_a_job_uses_stays_while_it_works(tmp_path: Path) -> None:
    used = tmp_path / "run"
    used.mkdir()
    done = run(tmp_path / "job", "print(try_lock(uses[0] / USE))", uses=(used,))
    assert (done.returncode, done.stdout) == (0, "None\n")


def test_a_job_whose_run_was_deleted_does_not_begin(tmp_path: Path) -> None:
    done = run(tmp_path / "job", "1 / 0", uses=(tmp_path / "gone",))
    assert (done.returncode, done.stdout) == (1, "error: gone was deleted\n")


def test_a_second_job_in_a_folder_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    write_status(tmp_path, Status("running", process=this_process()))
    before = (tmp_path / "status.json").read_bytes()
    lock = JobLock(tmp_path)
    done = run(tmp_path, "1 / 0")
    lock.release()
    assert done.returncode == 1 and "is being worked on by another process" in done.stdout
    assert (tmp_path / "status.json").read_bytes() == before


@pytest.mark.parametrize(("work", "code"), [("job.event('start')", 0), ("job.check_stop()", 0), ("1 / 0", 1)])
def test_processes_but_the_first_write_nothing_and_end_with_the_same_code(tmp_path: Path, work: str, code: int) -> None:
    assert run(tmp_path / "job", work, rank=1).returncode == code
    assert not (tmp_path / "job").exists()


def test_a_process_but_the_first_ends_on_sigterm_where_progress_is_told(tmp_path: Path) -> None:
    done = run(tmp_path / "job", "signal.raise_signal(signal.SIGTERM); job.progress(2, 3); 1 / 0", rank=1)
    assert done.returncode == 0
