"""Training runs and every kind of job: what the app and the commands ask for."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.jobs.events import EventTail
    from bddseg_tui.core.jobs.job import Status
    from bddseg_tui.core.jobs.run_events import EpochEvent
    from bddseg_tui.core.runs.best_epoch import Best
    from bddseg_tui.core.runs.config import TrainConfig
    from bddseg_tui.core.runs.export_kinds import Exported
    from bddseg_tui.core.runs.history import History
    from bddseg_tui.core.runs.history_reader import Histories
    from bddseg_tui.core.runs.job_list import Job
    from bddseg_tui.core.runs.run import Run
    from bddseg_tui.core.runs.run_details import RunDetails
    from bddseg_tui.core.runs.run_states import RunState, RunStates
    from bddseg_tui.core.runs.run_summaries import RunSummaries
    from bddseg_tui.core.runs.samples import Samples

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RunService:
    """All methods block. Heavy parts are imported when first used."""

    workspace: Workspace

    def list_runs(self) -> "list[Run]":
        """Every run, newest first."""
        from bddseg_tui.core.runs.run import list_runs

        return list_runs(self.workspace)

    def run_states(self) -> "RunStates":
        """A reader of the states of all runs, for whoever looks again and again."""
        from bddseg_tui.core.runs.run_states import RunStates

        return RunStates(self.workspace)

    def summaries(self) -> "RunSummaries":
        """A reader of what lists of runs show, for whoever looks again and again."""
        from bddseg_tui.core.runs.run_summaries import RunSummaries

        return RunSummaries(self.workspace)

    def best_epochs(self, states: "Iterable[RunState]") -> "dict[str, Best | None]":
        """The best epoch of each of these runs, by name; None where there is none yet."""
        from bddseg_tui.core.runs.best_epoch import best_epochs

        return best_epochs(self.workspace, states)

    def histories(self) -> "Histories":
        """A reader of the histories of runs, for whoever watches some of them."""
        from bddseg_tui.core.runs.history_reader import Histories

        return Histories()

    def history(self, run: "Run") -> "History":
        """All that a run's events tell so far."""
        from bddseg_tui.core.runs.history_reader import HistoryReader

        return HistoryReader(run.events).read_all()

    def details(self, run: "Run") -> "RunDetails":
        """What is shown of a run beside its status and its history."""
        from bddseg_tui.core.runs.run_details import read_details

        return read_details(run)

    def epochs(self, run: "Run") -> "list[EpochEvent]":
        """The epochs of a run as it told them, with all that it told; of what was done again the last time alone."""
        from bddseg_tui.core.jobs.events import read_events, rewind

        return [e for e in rewind(read_events(run.events, ("epoch", "start", "resume"))) if e["kind"] == "epoch"]

    def samples(self, run: "Run") -> "Samples":
        """A few validation images of a run with what was predicted for them after each epoch, as far as it is kept.

        Raises:
            BddsegError: the run's configuration is damaged.
        """
        from bddseg_tui.core.runs.samples import read_samples

        return read_samples(run)

    def write_samples(self, run: "Run", to: Path) -> list[Path]:
        """Writes these as pictures, and a GIF of each image, into the folder `to`; returns the files.

        Raises:
            BddsegError: there are none, or files in `to` would be replaced that are a person's own.
        """
        from bddseg_tui.core.report.write_samples import write_samples

        return write_samples(run, to)

    def log(self, job: Path) -> str:
        """The end of what the processes have printed that worked in the folder of a run or another job, unsanitized."""
        from bddseg_tui.core.jobs.job import tail_log

        return tail_log(job)

    def events(self, job: Path) -> "EventTail":
        """A reader of what a job tells, for whoever follows it."""
        from bddseg_tui.core.jobs.events import EventTail

        return EventTail(job / "events.jsonl")

    def checkpoints(self) -> "tuple[tuple[Run, str], ...]":
        """Every checkpoint that can be evaluated, exported or predicted with, as (run, `best` or `last`)."""
        return tuple((run, checkpoint) for run in self.list_runs() for checkpoint in run.checkpoints())

    def find(self, text: str, trained: bool = False) -> "Run":
        """The run with this name or number, or `last`: the newest or, with `trained`, the newest with a checkpoint."""
        from bddseg_tui.core.runs.run import find_run

        return find_run(self.workspace, text, trained)

    def train(self, root: Path, config: "TrainConfig", preset: str, queue: bool = False) -> "Run":
        """Starts a training run as a job of its own; returns at once. With `queue` it waits for a free device first."""
        from bddseg_tui.core.runs.run_jobs import start_run

        return start_run(self.workspace, root, config, preset, queue)

    def create(self, root: Path, config: "TrainConfig", preset: str) -> "Run":
        """Makes a run without starting it, for launchers of several machines (docs/several-machines.md)."""
        from bddseg_tui.core.runs.run_jobs import make_idle_run

        return make_idle_run(self.workspace, root, config, preset)

    def resume(self, run: "Run", queue: bool = False, epochs: int | None = None, steps: int | None = None) -> None:
        """Goes on with a run from its last checkpoint. With `queue` it waits for a free device first.

        With `epochs` (or `steps`, where its settings have these) it trains to so many in all, also where it has
        finished; the schedule is that of a run so long.

        Raises:
            BddsegError: it is live, or it has finished so many.
        """
        from bddseg_tui.core.runs.run_jobs import resume_run

        resume_run(run, queue, epochs, steps)

    def delete(self, run: "Run") -> str:
        """Deletes a run that nothing uses, and what the catalog knows of its evaluations and predictions.

        Returns what could not be done and why: a catalog on a full disk keeps its scores for now.
        """
        from bddseg_tui.core.maintenance.free import sweep_deleted
        from bddseg_tui.core.runs.run_jobs import delete_run

        sweep_deleted([self.workspace.runs])
        return delete_run(self.workspace, run)

    def evaluate(
        self, run: "Run", split: str = "val", checkpoint: str = "best", tta: str = "none", data: Path | None = None
    ) -> Path:
        """Starts an evaluation as a job; returns its folder.

        Args:
            run: whose model.
            split: a split with masks.
            checkpoint: best or last.
            tta: none, flip or scales (test-time augmentation).
            data: the folder of the dataset where that is not the run's.
        """
        from bddseg_tui.core.runs.run_jobs import start_evaluation

        return start_evaluation(run, split, checkpoint, tta, data)

    def predict(self, run: "Run", to: Path, source: str | Path = "test", checkpoint: str = "best") -> Path:
        """Starts writing predictions into the folder `to`; returns the job's folder.

        Args:
            run: whose model.
            to: where masks/, colour/, overlay/ and summary.json go; what is there already is not made again.
            source: the name of a split, or the path of a folder of images or of a video.
            checkpoint: best or last.

        Raises:
            BddsegError: the source or the checkpoint is not there, or files in `to` would be replaced that are a
                person's own.
        """
        from bddseg_tui.core.runs.run_jobs import start_prediction

        return start_prediction(run, to, source, checkpoint)

    def export(self, run: "Run", kind: str, to: Path, checkpoint: str = "best") -> Path:
        """Starts an export (onnx, torchscript, smp or hub-folder) into the folder `to`; returns the job's folder.

        Raises:
            BddsegError: the checkpoint is not there, or files in `to` would be replaced that no export made.
        """
        from bddseg_tui.core.runs.run_jobs import start_export

        return start_export(run, kind, to, checkpoint)

    def exported(self, folder: Path) -> "Exported":
        """What the export made that has this job's folder.

        Raises:
            BddsegError: it does not say so.
        """
        from bddseg_tui.core.runs.export_kinds import read_exported

        return read_exported(folder)

    def status(self, folder: Path) -> "Status":
        """How the job stands that has this folder."""
        from bddseg_tui.core.jobs.job import read_status

        return read_status(folder)

    def jobs(self, ended: bool = False) -> "list[Job]":
        """The live jobs of every kind; with `ended` also those that have ended."""
        from bddseg_tui.core.runs.job_list import list_jobs

        return list_jobs(self.workspace, ended)

    def jobs_of(self, run: "Run") -> "list[Job]":
        """The live jobs of a run: its training, and what uses its model."""
        from bddseg_tui.core.runs.job_list import jobs_of

        return [job for job in jobs_of(run) if job.status.live]

    def job(self, text: str) -> "Job":
        """The live job of that name, as `core.runs.job_list.find_job` finds it."""
        from bddseg_tui.core.runs.job_list import find_job

        return find_job(self.workspace, text)

    def stoppable_jobs(self, run: "Run") -> "list[Job]":
        """The live jobs one of which is meant where a run shall be stopped: its training alone, or else what uses it.

        Raises:
            BddsegError: none of its jobs lives.
        """
        from bddseg_tui.core.runs.job_list import stoppable_jobs

        return stoppable_jobs(run)

    def stop_job(self, job: "Job", now: bool = False) -> None:
        """Asks a job to end (a training checkpoints first) or, with `now`, kills it."""
        from bddseg_tui.core.runs.job_list import stop_job

        stop_job(job, now)

    def stop(self, run: "Run", now: bool = False) -> None:
        """Asks a training run to checkpoint and end, or, with `now`, kills it."""
        from bddseg_tui.core.runs.job_list import Job, stop_job

        stop_job(Job(run.name, "train", run.folder, run.name, run.status), now)

    def wait(self, folder: Path, until: "Callable[[Status], bool] | None" = None) -> "Status":
        """Waits until a job has ended, or `until` its status says so."""
        from bddseg_tui.core.jobs.job import read_status

        while True:
            status = read_status(folder)
            if not status.live or (until and until(status)):
                return status
            time.sleep(0.1)
