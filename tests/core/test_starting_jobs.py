"""Starting jobs and deleting what they use, by real processes that really race and are really killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import ImageScore
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.job import SILENT_S, JobLock, Status, StatusFile, read_status, write_status
from bddseg_tui.core.jobs.launch import launch, taken_up
from bddseg_tui.core.jobs.use_lock import delete_unused, in_use
from bddseg_tui.core.processes.locks import LOCK, is_locked, try_lock
from bddseg_tui.core.processes.process import (
    ProcessId,
    abandon_start,
    identify,
    kill,
    release_start,
    start_detached,
    this_process,
)
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.job_list import find_job, list_jobs
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace

SLEEP = ["-n", "1", "-r", "1", "import time; time.sleep(600)"]
"""Arguments of `python -m timeit`: a job that does nothing for a long time."""


RACE = """
import sys
from pathlib import Path
from bddseg_tui.core.jobs.launch import launch, taken_up
from bddseg_tui.core.errors import BddsegError
folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
try:
    with taken_up(folder, "busy") as locks:
        launch(folder, "timeit", sys.argv[2:], locks)
    print("started")
except BddsegError as error:
    print(error)
"""


@contextmanager
def job(folder: Path, *uses: Path) -> Iterator[Status]:
    """A real job in this folder, killed at the end."""
    with taken_up(folder, "busy", uses=uses) as locks:
        launch(folder, "timeit", SLEEP, locks)
    status = read_status(folder)
    assert status.process
    try:
        yield status
    finally:
        kill(status.process)
        while status.process.alive():
            pass


def test_of_many_that_start_one_job_at_once_exactly_one_does(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    words = [sys.executable, "-c", RACE, str(folder), *SLEEP]
    racers = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout and racer.stdout.readline() == "ready\n"
    said = [racer.communicate("go\n", timeout=60) for racer in racers]
    process = read_status(folder).process
    assert process
    kill(process)
    assert sorted(out for out, _ in said) == ["busy\n"] * 3 + ["started\n"], said


def test_a_job_holds_its_locks_when_its_starter_is_gone_and_until_it_is_killed(run: Run) -> None:
    folder = run.folder / "evaluation/best-val"
    with job(folder, run.folder) as status:
        with pytest.raises(BddsegError, match="another process"):
            JobLock(folder, patience_s=0)
        with pytest.raises(BddsegError, match=r"^busy$"), taken_up(folder, "busy"):
            pass
        assert status.process
        kill(status.process)
        while status.process.alive():
            pass
        JobLock(folder).release()
    assert read_status(folder).state == "lost"


@pytest.mark.parametrize(
    ("kind", "said"), [("evaluation", "evaluated"), ("prediction", "predict"), ("export", "export")]
)
def test_a_run_is_not_deleted_while_a_job_uses_it(engine: Engine, run: Run, kind: str, said: str) -> None:
    with (
        job(run.folder / kind / "best-x", run.folder),
        pytest.raises(BddsegError, match=f"{said}.*bddseg-tui stop 0001-demo/"),
    ):
        engine.runs.delete(run)
    assert engine.runs.delete(run) == ""
    assert engine.runs.list_runs() == []


def test_a_run_whose_job_has_no_readable_status_is_protected_by_its_lock(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bddseg_tui.core.jobs.use_lock._PATIENCE_S", 0.0)
    folder = run.folder / "prediction/best-test"
    with job(folder, run.folder):
        (folder / "status.json").unlink()
        with pytest.raises(BddsegError, match="is in use"):
            delete_unused(run.folder, lambda: None)
    assert run.folder.is_dir()


def test_what_is_being_deleted_or_was_deleted_cannot_be_used(run: Run) -> None:
    alone = try_lock(run.folder / "use")
    assert alone
    with pytest.raises(BddsegError, match="is being deleted"):
        in_use(run.folder)
    alone.release()
    in_use(run.folder).release()
    delete_unused(run.folder, lambda: None)
    with pytest.raises(BddsegError, match="was deleted"):
        in_use(run.folder)
    with pytest.raises(BddsegError, match="was deleted"), taken_up(run.folder / "evaluation/x", "busy", [run.folder]):
        pass
    assert not run.folder.exists()


def test_a_process_that_is_not_let_go_does_nothing_and_ends(tmp_path: Path) -> None:
    child = start_detached("timeit", ["-n", "1", f"open({str(tmp_path / 'made')!r}, 'w')"], tmp_path / "log.txt")
    abandon_start(child)
    assert child.returncode
    assert not (tmp_path / "made").exists()


def test_a_stop_that_comes_before_a_job_is_ready_is_kept_for_it(tmp_path: Path) -> None:
    code = "import os, time; from bddseg_tui.core.processes.process import on_stop\n"
    code += "on_stop(lambda *_: os._exit(7)); time.sleep(600)"
    child = start_detached("timeit", ["-n", "1", "-r", "1", code], tmp_path / "log.txt")
    os.kill(child.pid, signal.SIGTERM)
    release_start(child)
    assert child.wait(60) == 7, (tmp_path / "log.txt").read_text()


def test_a_job_of_another_host_lives_while_it_is_heard_of(tmp_path: Path) -> None:
    away = replace(this_process(), host="elsewhere", pid=1)
    status = StatusFile(tmp_path)
    status.update(state="running", process=away, force=True)
    assert read_status(tmp_path).state == "running"
    assert "on elsewhere, as of" in read_status(tmp_path).message
    with pytest.raises(BddsegError, match=r"^busy$"), taken_up(tmp_path, "busy"):
        pass
    write_status(tmp_path, replace(status.status, heartbeat=1.0))
    os.utime(tmp_path / "status.json", (1.0, 1.0))
    assert read_status(tmp_path).state == "lost"
    lock = try_lock(tmp_path / LOCK)
    assert lock and read_status(tmp_path).state == "running"
    lock.release()
    assert not is_locked(tmp_path / LOCK)


def test_a_job_that_cannot_be_reached_is_not_stopped_silently(engine: Engine, run: Run) -> None:
    StatusFile(run.folder).update(state="running", process=ProcessId("elsewhere", "b", 1, "1"), force=True)
    with pytest.raises(BddsegError, match=r"runs on elsewhere.*stop it there"):
        engine.runs.stop(run)
    with pytest.raises(BddsegError, match="still training"):
        engine.runs.delete(run)
    assert SILENT_S > 60


def test_a_job_is_found_by_name_by_its_beginning_and_by_its_run(workspace: Workspace, run: Run) -> None:
    with pytest.raises(UsageError, match="no job is running"):
        find_job(workspace, "0007")
    write_status(run.folder, Status("finished"))
    with pytest.raises(BddsegError, match=r"not training .it is finished."):
        find_job(workspace, "1")
    folders = [
        run.folder / "evaluation/best-val",
        run.folder / "export/best-onnx",
        workspace.root / "index/demo-1/clip-2",
    ]
    for folder in folders:
        folder.mkdir(parents=True)
        write_status(folder, Status("running", process=this_process()))
    names = ["0001-demo/evaluate-best-val", "0001-demo/export-best-onnx", "index/demo-1/clip-2"]
    assert [j.name for j in list_jobs(workspace)] == names
    assert [j.name for j in list_jobs(workspace, ended=True)] == ["0001-demo", *names]
    wanted = {"1/ev": 0, "last/evaluate-best-val": 0, "0001-demo/ex": 1, "index": 2, "index/demo-1": 2}
    assert {text: names.index(find_job(workspace, text).name) for text in wanted} == wanted
    with pytest.raises(UsageError, match=r"may be .*evaluate-best-val or .*export-best-onnx"):
        find_job(workspace, "1")
    write_status(folders[1], Status("finished"))
    assert find_job(workspace, "last").name == names[0]
    with pytest.raises(UsageError, match="no job is called '1/exprt'"):
        find_job(workspace, "1/exprt")


def test_the_training_of_a_run_is_meant_by_its_name_alone(workspace: Workspace, run: Run) -> None:
    for folder in (run.folder, run.folder / "evaluation/best-val"):
        folder.mkdir(parents=True, exist_ok=True)
        write_status(folder, Status("running", process=this_process()))
    assert find_job(workspace, "last").kind == "train"


def test_an_evaluation_is_not_deleted_while_it_is_read(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bddseg_tui.core.jobs.use_lock._PATIENCE_S", 0.0)
    folder = run.folder / "evaluation/best-val"
    folder.mkdir(parents=True)
    write_status(folder, Status("finished"))
    with in_use(folder), pytest.raises(BddsegError, match="is in use"):
        engine.analysis.delete(run, "best-val")
    with job(folder), pytest.raises(BddsegError, match=r"still being made.*stop 0001-demo/evaluate-best-val"):
        engine.analysis.delete(run, "best-val")
    engine.analysis.delete(run, "best-val")
    assert run.evaluations() == []


def test_a_run_is_deleted_though_its_catalog_cannot_be_opened(engine: Engine, run: Run) -> None:
    engine.workspace.catalog_path(run.dataset).write_bytes(b"no database" * 1000)
    assert "its scores stay in the catalog" in engine.runs.delete(run)
    assert engine.runs.list_runs() == []


def test_scores_that_were_left_behind_go_with_the_next_run(engine: Engine, drawn: Path) -> None:
    runs = [create_run(engine.workspace, drawn, build_config(), "demo") for _ in range(3)]
    collection = engine.data.open(drawn)
    engine.data.scan(collection, lambda done, total: None)
    for name in runs:
        image = collection.catalog.rows(collection.catalog.find(parse_query("")))[0].image
        collection.catalog.record_scores(f"{name.name}/best-val", [ImageScore(image, drawn, 0.5, 0.5)])
    shutil.rmtree(runs[0].folder)
    engine.runs.delete(runs[1])
    assert collection.catalog.evaluations() == ["0003-demo/best-val"]


def test_a_started_process_is_the_one_in_the_status(tmp_path: Path) -> None:
    with job(tmp_path / "a") as status:
        assert status.process
        assert status.process == identify(status.process.pid)
        assert "timeit" in Path(f"/proc/{status.process.pid}/cmdline").read_text() or status.process.alive()
