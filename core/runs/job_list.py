"""The jobs of a workspace, of every kind: what lives, under which name it is stopped, and what has ended.

0001-demo                        a training run
0001-demo/evaluate-best-val      an evaluation of it; predict-... and export-... likewise
index/bdd100k-3f2a.../demo-...   an index being built: of that dataset, by that model; .../map is the map of it
label-errors/bdd100k-3f2a...     a search for label errors in that dataset
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.job import Status, read_status
from bddseg_tui.core.processes.process import kill, terminate
from bddseg_tui.core.runs.run import Run, list_runs
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.core.workspace.workspace import MAP_FOLDER, Workspace

Kind = Literal["train", "evaluate", "predict", "export", "index", "map", "label-errors", "corrupt"]
FOLDERS: dict[str, Kind] = {
    "evaluation": "evaluate",
    "prediction": "predict",
    "export": "export",
    "robustness": "corrupt",
}
"""Folders in a run's that hold the folders of jobs, and what those do."""
DOING: dict[Kind, str] = {
    "train": "training",
    "evaluate": "being evaluated",
    "predict": "predicting",
    "corrupt": "being tried on corrupted images",
    "export": "being exported",
    "index": "being built",
    "label-errors": "being searched",
    "map": "being made",
}


@dataclass(frozen=True)
class Job:
    """A job, live or ended. `run` is the name of the run that it is or belongs to; empty for an index or a search."""

    name: str
    kind: Kind
    folder: Path
    run: str
    status: Status


def list_jobs(workspace: Workspace, ended: bool = False) -> list[Job]:
    """The live jobs, those of the newest run first; with `ended` also those that have ended."""
    found = [job for run in list_runs(workspace) for job in jobs_of(run)]
    found += [*_index_jobs(workspace), *_label_error_jobs(workspace)]
    return [job for job in found if ended or job.status.live]


def jobs_of(run: Run) -> Iterator[Job]:
    """The training of a run and every job that used its model, live or ended."""
    if (run.folder / "status.json").exists():
        yield Job(run.name, "train", run.folder, run.name, run.status)
    for name, kind in FOLDERS.items():
        for folder in _job_folders(run.folder / name):
            yield Job(job_name(run.name, kind, folder), kind, folder, run.name, read_status(folder))


def job_name(run: str, kind: Kind, folder: Path) -> str:
    """What the job of a run is called that works in this folder."""
    return run if kind == "train" else f"{run}/{kind}-{sanitize(folder.name)}"


def index_job_name(folder: Path) -> str:
    """What the job is called that builds the index, or makes the map of one, in this folder."""
    if folder.name == MAP_FOLDER:
        return f"{index_job_name(folder.parent)}/{MAP_FOLDER}"
    return f"index/{sanitize(folder.parent.name)}/{sanitize(folder.name)}"


def label_errors_job_name(folder: Path) -> str:
    """What the job is called that searches label errors in this folder."""
    return f"label-errors/{sanitize(folder.name)}"


def find_job(workspace: Workspace, text: str) -> Job:
    """The live job of that name.

    A run may be named by its number or as `last`, a name may be cut short where it stays unambiguous, and a run that is
    not training stands for the one job that uses it.

    Raises:
        UsageError: no job has this name, or several fit.
        BddsegError: it is a run of which no job lives.
    """
    live = list_jobs(workspace)
    run, slash, rest = text.partition("/")
    name = _run_name(workspace, run) + slash + rest
    exact = [job for job in live if job.name == name]
    fitting = exact or [job for job in live if job.name.startswith(f"{name}/")]
    fitting = fitting or [job for job in live if job.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(f"{sanitize(text)} may be {' or '.join(job.name for job in fitting)}: name one of them")
    for found in list_runs(workspace):
        if found.name == name:
            stoppable_jobs(found)
    known = [job.name for job in live]
    none = "no job is running" if not live else f"no job is called {sanitize(text)!r}{suggestion(text, known)}"
    raise UsageError(f"{none}: see `bddseg-tui jobs`")


def stoppable_jobs(run: Run) -> list[Job]:
    """The live jobs one of which is meant where a run shall be stopped: its training alone, or else what uses it.

    Raises:
        BddsegError: none of its jobs lives.
    """
    live = [job for job in jobs_of(run) if job.status.live]
    found = [job for job in live if job.kind == "train"] or live
    if not found:
        raise BddsegError(f"{run.name} is not training (it is {run.status.state}), and no job uses it")
    return found


def stop_job(job: Job, now: bool = False) -> None:
    """Asks a job to end (a training checkpoints first) or, with `now`, kills it.

    Raises:
        BddsegError: it has ended, or it runs where it cannot be reached.
    """
    status = job.status
    if not status.live or status.process is None:
        raise BddsegError(f"{job.name} is not {DOING[job.kind]} (it is {status.state})")
    if not status.process.alive():
        host = sanitize(status.process.host)
        raise BddsegError(f"{job.name} runs on {host}, where this command cannot reach it: stop it there")
    # One that waits has nothing to lose, and gives up its place itself.
    (kill if now and status.state != "queued" else terminate)(status.process)


def refuse_while_used(run: Run) -> None:
    """Raises BddsegError where a job of this run lives: it names the job, and how to stop it."""
    for job in jobs_of(run):
        if job.status.live:
            doing = "still training" if job.kind == "train" else DOING[job.kind]
            doing = "waiting in the queue" if job.status.state == "queued" else doing
            raise BddsegError(f"{run.name} is {doing}: stop that first (`bddseg-tui stop {job.name}`)")


def _run_name(workspace: Workspace, text: str) -> str:
    """The full name where `text` is a run's name, its number or `last`; else `text`."""
    for run in list_runs(workspace):
        number = run.name.partition("-")[0]
        if text in ("last", run.name) or (text.isdecimal() and text.lstrip("0") == number.lstrip("0")):
            return run.name
    return text


def _index_jobs(workspace: Workspace) -> Iterator[Job]:
    for dataset in _subfolders(workspace.root / "index"):
        for folder in _job_folders(dataset):
            yield Job(index_job_name(folder), "index", folder, "", read_status(folder))
            drawn = folder / MAP_FOLDER
            if (drawn / "status.json").exists():
                yield Job(index_job_name(drawn), "map", drawn, "", read_status(drawn))


def _label_error_jobs(workspace: Workspace) -> Iterator[Job]:
    for folder in _job_folders(workspace.root / "label-errors"):
        yield Job(label_errors_job_name(folder), "label-errors", folder, "", read_status(folder))


def _job_folders(folder: Path) -> list[Path]:
    return [path for path in _subfolders(folder) if (path / "status.json").exists()]


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return []
