"""The engine: what the app and every command call. One method for each thing that a person can do."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.catalog import Catalog, Row, is_of_earlier_version
from core.dataset import Dataset, open_dataset
from core.errors import BddsegError, UsageError
from core.query import parse_query
from core.sanitize import sanitize
from core.workspace import Workspace

if TYPE_CHECKING:
    import subprocess

    from core.analysis.service import AnalysisService
    from core.best import Best
    from core.catalog.salvage import Repair
    from core.check import CheckReport
    from core.config import TrainConfig
    from core.evaluation import Evaluation, Evaluations
    from core.history import History
    from core.history_reader import Histories
    from core.job import Status
    from core.jobs import Job
    from core.relocate import Moved
    from core.report.write import Forms
    from core.retrieval.service import RetrievalService
    from core.room import Freed, Item
    from core.run_states import RunState, RunStates
    from core.runs import Run
    from core.stats import ClassStats
    from core.unpack import UnpackReport

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Collection:
    """A dataset with its catalog."""

    dataset: Dataset
    catalog: Catalog


@dataclass(frozen=True)
class Engine:
    """All methods block: the app calls them in threads. Heavy parts are imported when first used."""

    workspace: Workspace

    @property
    def retrieval(self) -> "RetrievalService":
        """Index, search and chat."""
        from core.retrieval.service import service_of

        return service_of(self.workspace)

    @property
    def analysis(self) -> "AnalysisService":
        """What evaluations tell beyond their scores."""
        from core.analysis.service import AnalysisService

        return AnalysisService(self.workspace)

    # -- data ------------------------------------------------------------------------------------------------

    def open(self, root: Path, told: Callable[[str], None] | None = None) -> Collection:
        """Opens a dataset and its catalog; scans nothing. `told` hears of what may take a while."""
        try:
            dataset = open_dataset(root)
        except BddsegError as error:
            from core.places import where_to

            raise BddsegError(f"{error}{where_to(self.workspace.root, root)}") from error
        path = self.workspace.catalog_path(dataset.root)
        if told and path.exists() and is_of_earlier_version(path):
            told("the catalog is being brought to this version: a large one takes a minute, and keeps everything")
        return Collection(dataset, Catalog(path, dataset.root))

    def scan(self, collection: Collection, report: Report) -> None:
        """Brings the catalog up to date, in this process; waits while another one does so."""
        from core.scan import scan_or_wait

        scan_or_wait(collection.catalog, collection.dataset, report)

    def as_of(self, collection: Collection, anyhow: bool = False) -> str | None:
        """Since when no file was added or taken away, in words, if all of many samples are scanned; None: scan.

        With `anyhow` only in words; raises UsageError if nothing has been scanned yet.
        """
        from core.scan import as_of

        return as_of(collection.catalog, collection.dataset, anyhow)

    def bring_up_to_date(self, collection: Collection, report: Report) -> str:
        """Scans. Where the catalog cannot be written, but holds a scan, says so in words instead of an error."""
        from core.scan import bring_up_to_date

        return bring_up_to_date(collection.catalog, collection.dataset, report)

    def start_scan(self, collection: Collection) -> "subprocess.Popen[bytes]":
        """Starts a scan as a process that ends with this one; it prints JSON lines."""
        from core.scan import start

        return start(collection.dataset, collection.catalog)

    def end_scan(self, process: "subprocess.Popen[bytes]") -> None:
        """Ends a scan that was started, at once."""
        from core.scan import end

        end(process)

    def check(self, root: Path, report: Report | None = None) -> "CheckReport":
        """Opens every file of a dataset and lists what is wrong."""
        from core.check import check_dataset

        return check_dataset(open_dataset(root), report)

    def end_helpers(self) -> None:
        """Ends the processes that a check uses, at once; whoever waits for them gets an error."""
        from core.parallel import end_workers

        end_workers()

    def stats(self, collection: Collection, split: str | None = None) -> "list[ClassStats]":
        """Class shares of a scanned dataset, of one split or all."""
        from core.stats import class_stats

        known = [f.split for f in collection.dataset.splits]
        if split is not None and split not in known:
            raise UsageError(f"this dataset has no split {sanitize(split)!r}: it has {', '.join(known)}")
        return class_stats(collection.catalog, split)

    def find(self, collection: Collection, text: str, evaluation: str | None = None) -> list[Row]:
        """The samples that a filter matches, in its order."""
        return list(self.iterate(collection, text, evaluation))

    def iterate(
        self, collection: Collection, text: str, evaluation: str | None = None, limit: int | None = None
    ) -> Iterator[Row]:
        """The same one after another, at most `limit`: the first is there at once, and none is kept."""
        return chain.from_iterable(collection.catalog.stream(parse_query(text), evaluation, limit))

    def tag(self, collection: Collection, text: str, tag: str, remove: bool = False) -> int:
        """Gives the samples that a filter matches a tag, or takes it away; returns how many these are."""
        ids = collection.catalog.find(parse_query(text))
        (collection.catalog.remove_tag if remove else collection.catalog.add_tag)(ids, tag)
        return len(ids)

    def move(self, old: Path, new: Path, force: bool = False) -> "list[Moved]":
        """Lets what is known of a dataset go on where it has moved to."""
        from core.relocate import move_dataset

        return move_dataset(self.workspace, old, new, force)

    def repair(self, root: Path) -> "Repair":
        """Makes a damaged catalog anew with the tags that can be read."""
        from core.scan import repair_catalog

        root = open_dataset(root).root
        return repair_catalog(self.workspace.catalog_path(root), root)

    def unpack(self, archives: list[Path], to: Path, report: Report | None = None) -> "UnpackReport":
        """Unpacks the official zips into the layout."""
        from core.unpack import unpack

        return unpack(archives, to, report)

    def demo(self, root: Path | None = None, report: Report | None = None, **options: Any) -> Path:
        """Draws the demo dataset if it is not there; returns where it is."""
        from core.demo.generate import generate, is_complete

        root = root or self.workspace.demo
        if not is_complete(root) or options:
            generate(root, report=report, **options)
        return root

    # -- the workspace ---------------------------------------------------------------------------------------

    def room(self, report: Report | None = None) -> "list[Item]":
        """What takes room in the workspace, what takes most first."""
        from core.room import list_items

        return list_items(self.workspace, report)

    def free(self, words: Sequence[str], sure: bool = False, report: Report | None = None) -> "Freed":
        """Deletes what can be made again: caches, deleted, gone, all, or single items; nothing that is in use."""
        from core.room import free

        return free(self.workspace, words, sure, report)

    # -- runs ------------------------------------------------------------------------------------------------

    def runs(self) -> "list[Run]":
        """Every run, newest first."""
        from core.runs import list_runs

        return list_runs(self.workspace)

    def run_states(self) -> "RunStates":
        """A reader of the states of all runs, for whoever looks again and again."""
        from core.run_states import RunStates

        return RunStates(self.workspace)

    def best_epochs(self, states: "Iterable[RunState]") -> "dict[str, Best | None]":
        """The best epoch of each of these runs, by name; None where there is none yet."""
        from core.best import best_epochs

        return best_epochs(self.workspace, states)

    def histories(self) -> "Histories":
        """A reader of the histories of runs, for whoever watches some of them."""
        from core.history_reader import Histories

        return Histories()

    def history(self, run: "Run") -> "History":
        """All that a run's events tell so far."""
        from core.history_reader import HistoryReader

        return HistoryReader(run.events).read_all()

    def run(self, text: str, trained: bool = False) -> "Run":
        """The run with this name or number, or `last`: the newest or, with `trained`, the newest with a checkpoint."""
        from core.runs import find_run

        return find_run(self.workspace, text, trained)

    def train(self, root: Path, config: "TrainConfig", preset: str) -> "Run":
        """Starts a training run as a job of its own; returns at once."""
        from core.run_jobs import start_run

        return start_run(self.workspace, root, config, preset)

    def create(self, root: Path, config: "TrainConfig", preset: str) -> "Run":
        """Makes a run without starting it, for launchers of several machines (docs/several-machines.md)."""
        from core.run_jobs import make_idle_run

        return make_idle_run(self.workspace, root, config, preset)

    def resume(self, run: "Run") -> None:
        """Goes on with a run from its last checkpoint.

        Raises:
            BddsegError: it is live, or it has finished.
        """
        from core.run_jobs import resume_run

        resume_run(run)

    def delete(self, run: "Run") -> str:
        """Deletes a run that nothing uses, and what the catalog knows of its evaluations and predictions.

        Returns what could not be done and why: a catalog on a full disk keeps its scores for now.
        """
        from core.room.free import sweep_deleted
        from core.run_jobs import delete_run

        sweep_deleted([self.workspace.runs])
        return delete_run(self.workspace, run)

    def evaluate(self, run: "Run", split: str = "val", checkpoint: str = "best", tta: str = "none") -> Path:
        """Starts an evaluation as a job; returns its folder. `tta` is none, flip or scales (test-time augmentation)."""
        from core.run_jobs import start_evaluation

        return start_evaluation(run, split, checkpoint, tta)

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
        from core.run_jobs import start_prediction

        return start_prediction(run, to, source, checkpoint)

    def export(self, run: "Run", kind: str, to: Path, checkpoint: str = "best") -> Path:
        """Starts an export (onnx, torchscript, smp or hub-folder) into the folder `to`; returns the job's folder.

        Raises:
            BddsegError: the checkpoint is not there, or files in `to` would be replaced that no export made.
        """
        from core.run_jobs import start_export

        return start_export(run, kind, to, checkpoint)

    # -- jobs ------------------------------------------------------------------------------------------------

    def jobs(self, ended: bool = False) -> "list[Job]":
        """The live jobs of every kind; with `ended` also those that have ended."""
        from core.jobs import list_jobs

        return list_jobs(self.workspace, ended)

    def jobs_of(self, run: "Run") -> "list[Job]":
        """The live jobs of a run: its training, and what uses its model."""
        from core.jobs import jobs_of

        return [job for job in jobs_of(run) if job.status.live]

    def job(self, text: str) -> "Job":
        """The live job of that name, as `core.jobs.find_job` finds it."""
        from core.jobs import find_job

        return find_job(self.workspace, text)

    def stop_job(self, job: "Job", now: bool = False) -> None:
        """Asks a job to end (a training checkpoints first) or, with `now`, kills it."""
        from core.jobs import stop_job

        stop_job(job, now)

    def stop(self, run: "Run", now: bool = False) -> None:
        """Asks a training run to checkpoint and end, or, with `now`, kills it."""
        from core.jobs import Job, stop_job

        stop_job(Job(run.name, "train", run.folder, run.name, run.status), now)

    # -- evaluations -----------------------------------------------------------------------------------------

    def evaluations(self) -> "list[Evaluation]":
        """Every finished evaluation of every run, newest run first; those that cannot be read are left out."""
        return list(self.list_evaluations().found)

    def list_evaluations(self) -> "Evaluations":
        """Every finished evaluation of every run, newest run first, and what is wrong with those that are damaged.

        Scores by image that could not be written into the catalog when they were made are written now.
        """
        from core.evaluation import PENDING, Evaluations, NoEvaluationError, load_evaluation

        found, unreadable = [], []
        for run in self.runs():
            for folder in run.evaluations():
                try:
                    found.append(load_evaluation(folder))
                    if (folder / PENDING).exists():
                        self._record_scores(run, folder)
                except NoEvaluationError:
                    continue
                except BddsegError as error:
                    unreadable.append((f"{run.name}/{sanitize(folder.name)}", str(error)))
        return Evaluations(tuple(found), tuple(unreadable))

    def _record_scores(self, run: "Run", folder: Path) -> None:
        from core.evaluation_scores import record_evaluation
        from core.job import read_status

        # What a live job has not told the catalog yet, it will.
        if not read_status(folder).live:
            with suppress(BddsegError, OSError):
                record_evaluation(self.workspace, run.dataset, f"{run.name}/{folder.name}", folder)

    def report(
        self,
        evaluation: "Evaluation",
        others: "Sequence[Evaluation]" = (),
        to: Path | None = None,
        forms: "Forms | None" = None,
    ) -> list[Path]:
        """Writes a report of an evaluation, compared with others if there are any; returns its files, HTML first."""
        from contextlib import ExitStack

        from core.report.write import write_report
        from core.use import in_use

        with ExitStack() as kept:
            for used in (evaluation, *others):
                kept.enter_context(in_use(used.folder))
            return write_report(self.workspace, evaluation, others, to, forms)

    def delete_evaluation(self, run: "Run", name: str) -> str:
        """Deletes an evaluation that nothing uses, with its predictions; `name` ends in CHECKPOINT-SPLIT.

        Returns what could not be done and why, as `delete` does.
        """
        from core.run_jobs import delete_evaluation

        return delete_evaluation(self.workspace, run, name)

    def wait(self, folder: Path, until: "Callable[[Status], bool] | None" = None) -> "Status":
        """Waits until a job has ended, or `until` its status says so."""
        from core.job import read_status

        while True:
            status = read_status(folder)
            if not status.live or (until and until(status)):
                return status
            time.sleep(0.1)
