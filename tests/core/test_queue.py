"""The queue of training runs, with processes that really wait, work, are stopped and are killed."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.job import Status, read_status, write_status
from bddseg_tui.core.jobs.launch import launch, taken_up
from bddseg_tui.core.processes.devices import list_devices, see_only, usable_gpus
from bddseg_tui.core.processes.locks import is_locked
from bddseg_tui.core.processes.process import kill, this_process
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.queue import QueuedRun, devices_for, is_queued, join_queue, whose_turn
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace

WORKER = """
import sys, time
from pathlib import Path
from bddseg_tui.core.jobs.run_job import run_job
from bddseg_tui.core.runs import queue_wait
from bddseg_tui.core.runs.run import Run
queue_wait.EVERY_S = 0.05
run, done = Run(Path(sys.argv[1])), Path(sys.argv[2])
def work(job):
    queue_wait.wait_for_turn(run, job)
    job.update(state="running", phase="train")
    while not done.exists():
        time.sleep(0.02)
sys.exit(run_job(run.folder, work))
"""
"""A job that waits for its turn, then trains until a file is there."""


@dataclass
class Waiters:
    """Runs on the CPU with their processes."""

    workspace: Workspace
    dataset: Path
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def queued(self) -> Run:
        run = create_run(self.workspace, self.dataset, build_config("demo", ["device=cpu"]), "demo")
        join_queue(self.workspace, run)
        return run

    def holder(self) -> Run:
        """A run that trains on the CPU, as this process."""
        run = create_run(self.workspace, self.dataset, build_config("demo", ["device=cpu"]), "demo")
        write_status(run.folder, Status("running", process=this_process()))
        return run

    def begin(self, run: Run) -> None:
        words = [sys.executable, "-P", "-c", WORKER, str(run.folder), str(self.done(run))]
        self.processes.append(subprocess.Popen(words, stderr=subprocess.DEVNULL))

    def done(self, run: Run) -> Path:
        return run.folder / "done"


@pytest.fixture
def waiters(workspace: Workspace, tmp_path: Path) -> Iterator[Waiters]:
    made = Waiters(workspace, tmp_path)
    yield made
    for process in made.processes:
        process.kill()
        process.wait()


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_runs_train_one_after_another_in_order_and_a_killed_or_stopped_one_makes_room(
    waiters: Waiters, engine: Engine
) -> None:
    holder, first, stopped, third, last = waiters.holder(), *(waiters.queued() for _ in range(4))
    engine.queue.move(last, 1)
    engine.queue.move(last, 4)
    for run in (last, third, stopped, first):
        waiters.begin(run)
    until(lambda: all("place" in r.status.message for r in (first, stopped, third, last)))
    write_status(holder.folder, Status("finished"))
    until(lambda: first.status.state == "running" and first.name in stopped.status.message)
    assert [q.run.name for q in engine.queue.runs()] == [r.name for r in (stopped, third, last)]
    assert stopped.status.message == f"place 1 in the queue for cpu, where {first.name} trains"
    engine.runs.stop(stopped)
    until(lambda: stopped.status.state == "stopped")
    assert not is_queued(stopped.folder) and third.status.state == "queued"
    process = first.status.process
    assert process
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: third.status.state == "running")
    assert last.status.state == "queued" and first.status.state == "lost"
    waiters.done(third).touch()
    until(lambda: last.status.state == "running")
    assert not engine.queue.runs()


def test_a_run_that_waited_when_the_machine_went_down_waits_again_at_its_place(
    engine: Engine, drawn: Path, waiters: Waiters
) -> None:
    config = build_config("demo", ["device=cpu"])
    waiters.holder()
    ended, behind = (engine.runs.train(drawn, config, "demo", queue=True) for _ in range(2))
    try:
        until(lambda: behind.status.message.startswith("place 2 in the queue"))
        process = ended.status.process
        assert process
        kill(process)
        until(lambda: not ended.status.live)
        assert "queue start" in ended.status.message
        assert [(q.run.name, q.waits) for q in engine.queue.runs()] == [(ended.name, False), (behind.name, True)]
        assert [run.name for run in engine.queue.start()] == [ended.name]
        until(lambda: ended.status.message.startswith("place 1 in the queue"))
        with pytest.raises(BddsegError, match="waits in the queue already"):
            engine.runs.resume(ended)
    finally:
        for run in (ended, behind):
            engine.queue.remove(run)
            until(lambda run=run: not run.status.live)  # type: ignore[misc]
        assert run.status.state == "stopped"
    assert not engine.queue.runs()


def test_a_run_that_waits_no_more_is_taken_out_of_the_queue(engine: Engine, waiters: Waiters) -> None:
    run = waiters.queued()
    engine.queue.remove(run)
    assert (engine.queue.runs(), run.status.state) == ((), "stopped")
    with pytest.raises(BddsegError, match="is not in the queue"):
        engine.queue.remove(run)


def entry(name: str, wants: str, needs: int = 1, waits: bool = True) -> QueuedRun:
    return QueuedRun(Run(Path(name)), 1, tuple(wants), needs, Status("queued" if waits else "lost"))


def test_no_run_overtakes_one_that_waits_for_the_same_device_and_a_free_one_is_used() -> None:
    queue = [entry("one", "a"), entry("two", "ab", 2), entry("three", "b"), entry("four", "bc"), entry("five", "c")]
    assert whose_turn(queue, {"a"}) == {"four": ("c",)}
    assert whose_turn(queue, ()) == {"one": ("a",), "four": ("c",)}
    assert whose_turn([entry("gone", "a", waits=False), entry("next", "a")], ()) == {"next": ("a",)}


def test_a_run_sees_the_gpus_that_it_names_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5,7")
    assert usable_gpus() == {"cuda:2": "2", "cuda:5": "5", "cuda:7": "7"}
    assert devices_for(build_config(assignments=["device=cuda:7,1,5"])) == ("cuda:7", "cuda:5")
    see_only(("cuda:7", "cuda:5"))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "7,5"
    with pytest.raises(BddsegError, match="cuda:2 is not among the GPUs that CUDA_VISIBLE_DEVICES names"):
        see_only(("cuda:2",))
    with pytest.raises(UsageError, match="too few GPUs for 2 processes"):
        build_config(assignments=["device=cuda:1", "processes=2"])


def test_gpus_are_told_with_memory_load_and_who_uses_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"""#!/bin/sh
case "$1" in
--query-gpu=*) printf '0, GPU-a, NVIDIA H200, 512, 143771, 87\\n1, GPU-b, NVIDIA H200, 0, 143771, [N/A]\\n' ;;
*) printf 'GPU-a, {os.getpid()}, 500\\n' ;;
esac
""")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    first, second, cpu = list_devices()
    assert (first.name, first.model, first.load, first.memory_used) == ("cuda:0", "NVIDIA H200", 87, 512 << 20)
    assert [(p.pid, p.memory) for p in first.processes] == [(os.getpid(), 500 << 20)] and first.processes[0].program
    assert (second.name, second.load, second.processes) == ("cuda:1", None, ()) and cpu.name == "cpu"


def test_a_device_is_used_by_the_runs_that_train_there(engine: Engine, waiters: Waiters) -> None:
    run = waiters.holder()
    waiters.queued()
    assert [use.runs for use in engine.queue.devices() if use.device.name == "cpu"] == [(run.name,)]


def test_a_job_that_becomes_another_program_is_the_same_process_and_keeps_its_locks(tmp_path: Path) -> None:
    folder, marker = tmp_path / "job", tmp_path / "became"
    after = ["-n", "1", "-r", "1", f"import pathlib, time; pathlib.Path({str(marker)!r}).touch(); time.sleep(600)"]
    code = (
        "from pathlib import Path; from bddseg_tui.core.jobs.job import JobLock; "
        "from bddseg_tui.core.processes.process import become; "
        f"held = JobLock(Path({str(folder)!r})); become('timeit', {after!r})"
    )
    with taken_up(folder, "busy") as locks:
        launch(folder, "timeit", ["-n", "1", "-r", "1", code], locks)
    process = read_status(folder).process
    assert process
    try:
        until(marker.exists)
        assert process.alive() and is_locked(folder / "lock")
    finally:
        kill(process)
    until(lambda: not is_locked(folder / "lock"))
