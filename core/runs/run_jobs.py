"""Starting, resuming and deleting runs, and starting what uses their models. `core.engine` is the door to this."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.path_component import path_component
from bddseg_tui.core.jobs.job import Status, read_status, write_status
from bddseg_tui.core.jobs.launch import launch_queued, launch_training, taken_up
from bddseg_tui.core.jobs.use_lock import delete_unused
from bddseg_tui.core.processes.locks import FolderLock
from bddseg_tui.core.runs.confirmed_errors import find_confirmed, write_confirmed
from bddseg_tui.core.runs.evaluation import evaluated_dataset, evaluation_folder
from bddseg_tui.core.runs.excluded import find_excluded, write_excluded
from bddseg_tui.core.runs.export_kinds import check_export_folder, parse_export_kind
from bddseg_tui.core.runs.job_list import DOING, Job, Kind, job_name, refuse_while_used, stop_job
from bddseg_tui.core.runs.prediction_files import check_folder
from bddseg_tui.core.runs.preflight import check_training
from bddseg_tui.core.runs.queue import is_queued, join_queue, leave_queue, read_queue
from bddseg_tui.core.runs.robustness import robustness_folder
from bddseg_tui.core.runs.run import Run, change_settings, create_run
from bddseg_tui.core.runs.run_states import RunStates
from bddseg_tui.core.runs.tta import TTA_KINDS
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.workspace.moved_datasets import dataset_key
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.runs.config import TrainConfig


def start_run(workspace: Workspace, root: Path, config: "TrainConfig", preset: str, queue: bool = False) -> Run:
    """Makes a run and starts its training, or puts it into the queue; of one that cannot be started nothing is left."""
    run = make_run(workspace, root, config, preset)
    try:
        with taken_up(run.folder, _busy(run), uses=[run.folder]) as locks:
            _launch(workspace, run, locks, config.processes, queue)
    except BddsegError:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return run


def make_run(workspace: Workspace, root: Path, config: "TrainConfig", preset: str) -> Run:
    """Makes the folder of a run.

    Raises:
        BddsegError: what is asked for cannot be trained, or the workspace cannot be written.
    """
    dataset = open_dataset(root)
    check_training(workspace, dataset, config)
    excluded = find_excluded(workspace, dataset, config.exclude)
    confirmed = {} if config.confirmed_errors == "keep" else find_confirmed(workspace, dataset)
    if config.confirmed_errors == "leave-out":
        excluded, confirmed = sorted({*excluded, *confirmed}), {}
    run = create_run(workspace, dataset.root, config, preset)
    try:
        write_excluded(run.folder, excluded)
        write_confirmed(run.folder, confirmed)
    except BddsegError:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise
    return run


def make_idle_run(workspace: Workspace, root: Path, config: "TrainConfig", preset: str) -> Run:
    """Makes a run that a launcher of the person's own will start."""
    run = make_run(workspace, root, config, preset)
    try:
        write_status(run.folder, Status("stopped", message="made, and not started yet"))
    except OSError as error:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise disk_error(error, run.folder) from error
    return run


def resume_run(run: Run, queue: bool = False, epochs: int | None = None, steps: int | None = None) -> None:
    """Goes on with a run from its last checkpoint, or puts it into the queue for that.

    With `epochs`, or `steps` where its settings have these, it trains to so many in all, from now on by the schedule of
    a run of that length: where it stands, the learning rate rises to what such a run would have there.

    Raises:
        UsageError: it has trained as many already, or its length is set by the other.
        BddsegError: it is live, it has finished, or it is gone.
    """
    from bddseg_tui.core.runs.config import validate

    with taken_up(run.folder, _busy(run), uses=[run.folder]) as locks:
        config, status = validate(run.spec["train"]), read_status(run.folder, mine=True)
        name, length = ("steps", config.steps) if config.steps else ("epochs", config.epochs)
        longer = {"epochs": epochs, "steps": steps}
        wanted = longer.pop(name)
        if any(other is not None for other in longer.values()):
            raise UsageError(f"{run.name} is as long as its {name} say: set {name}=N")
        if wanted is not None and wanted != length:
            done = length if status.state == "finished" else _done(status, name)
            if wanted <= done:
                raise UsageError(f"{run.name} has trained {done} {name}: set {name} to more than that")
            config = validate({**run.spec["train"], name: wanted})
            change_settings(run, config)
        elif status.state == "finished":
            raise BddsegError(f"{run.name} has finished its {length} {name}: `--set {name}=` says how many more")
        _launch(Workspace(run.folder.parent.parent), run, locks, config.processes, queue)


def _done(status: Status, name: str) -> int:
    """How many epochs or steps a run has trained that has not finished."""
    return status.done if name == "steps" else int(status.facts.get("epoch", 0) or 0)


def start_queue(workspace: Workspace) -> list[Run]:
    """Has those runs of the queue wait again whose processes were ended; each at its place. Returns them.

    Raises:
        BddsegError: one cannot be started; those before it wait.
    """
    ended = [queued.run for queued in read_queue(RunStates(workspace).read()) if not queued.waits]
    for run in ended:
        resume_run(run, queue=True)
    return ended


def remove_from_queue(run: Run) -> None:
    """Takes a run out of the queue: one that waits is stopped; it can be resumed or deleted.

    Raises:
        BddsegError: it is not in the queue, or its folder cannot be written.
    """
    if not is_queued(run.folder):
        raise BddsegError(f"{run.name} is not in the queue")
    if (status := run.status).live:
        stop_job(Job(run.name, "train", run.folder, run.name, status))
        return
    with taken_up(run.folder, _busy(run), uses=[run.folder]):
        leave_queue(run)
        try:
            write_status(run.folder, replace(read_status(run.folder, mine=True), state="stopped", message=""))
        except OSError as error:
            raise disk_error(error, run.folder) from error


def _busy(run: Run) -> str:
    return f"{run.name} is still training" if not is_queued(run.folder) else f"{run.name} waits in the queue already"


def _launch(workspace: Workspace, run: Run, locks: list[FolderLock], processes: int, queue: bool) -> None:
    arguments = ["fit", os.fspath(run.folder)]
    if queue:
        join_queue(workspace, run)
        launch_queued(run.folder, arguments, locks)
    else:
        leave_queue(run)
        launch_training(run.folder, arguments, locks, processes)


def start_evaluation(run: Run, split: str, checkpoint: str, tta: str, data: Path | None = None) -> Path:
    """Starts an evaluation, on the dataset in the folder `data` where it is not the run's; returns its folder.

    Raises:
        BddsegError: the checkpoint is not there, or no dataset is in the folder.
    """
    _need_checkpoint(run, checkpoint)
    if tta not in TTA_KINDS:
        raise UsageError(f"--tta takes {', '.join(TTA_KINDS)}, not {sanitize(tta)!r}")
    key, options = "", ["--checkpoint", checkpoint, "--split", split, "--tta", tta]
    if data is not None and (root := open_dataset(data).root) != run.dataset:
        key = dataset_key(run.folder.parent.parent, root)
        options += ["--data", os.fspath(root), "--data-key", key]
    folder = evaluation_folder(run.folder, checkpoint, path_component(split, "a split"), tta, key)
    _start(run, "evaluate", folder, options)
    return folder


def start_robustness(run: Run, split: str, checkpoint: str, kinds: Sequence[str], severities: Sequence[int]) -> Path:
    """Starts, or goes on with, measuring a checkpoint on corrupted images; returns the job's folder.

    Raises:
        BddsegError: the checkpoint is not there.
    """
    _need_checkpoint(run, checkpoint)
    folder = robustness_folder(run.folder, checkpoint, split)
    options = ["--checkpoint", checkpoint, "--split", split]
    options += ["--kinds", ",".join(kinds), "--severities", ",".join(map(str, severities))]
    _start(run, "corrupt", folder, options)
    return folder


def start_prediction(run: Run, to: Path, source: str | Path, checkpoint: str) -> Path:
    """Starts writing predictions of a split (by name) or of a path into the folder `to`; returns the job's folder."""
    _need_checkpoint(run, checkpoint)
    if isinstance(source, Path):
        if not source.exists():
            raise UsageError(f"{sanitize_path(source)} does not exist")
        source = os.fspath(source.absolute())
        name = hashlib.sha256(os.fsencode(source)).hexdigest()[:12]
    else:
        name = path_component(source, "a split")
    check_folder(to, run.dataset, source)
    folder, to = run.folder / "prediction" / f"{checkpoint}-{name}", to.absolute()
    options = ["--checkpoint", checkpoint, "--split", source, "--to", os.fspath(to), "--job", os.fspath(folder)]
    _start(run, "predict", folder, options, to)
    return folder


def start_export(run: Run, kind: str, to: Path, checkpoint: str) -> Path:
    """Starts an export into the folder `to`; returns the job's folder.

    Raises:
        BddsegError: the checkpoint is not there, or files in `to` would be replaced that no export made.
    """
    _need_checkpoint(run, checkpoint)
    check_export_folder(to, parse_export_kind(kind))
    folder, to = run.folder / "export" / f"{checkpoint}-{kind}", to.absolute()
    options = ["--checkpoint", checkpoint, "--kind", kind, "--to", os.fspath(to), "--job", os.fspath(folder)]
    _start(run, "export", folder, options, to)
    return folder


def delete_run(workspace: Workspace, run: Run) -> str:
    """Deletes a run that nothing uses, and what the catalog knows of its evaluations and predictions.

    Returns:
        What could not be done and why; empty if all was. A catalog that cannot be written keeps its scores until the
        next run of its dataset is deleted.

    Raises:
        BddsegError: a job of the run is live, or something uses it.
    """
    roots = {_dataset_of(run), *(_dataset_of(run, folder) for folder in run.evaluations())} - {None}
    delete_unused(run.folder, lambda: refuse_while_used(run))
    return "; ".join(filter(None, (_forget(workspace, root, "") for root in roots if root is not None)))


def delete_evaluation(workspace: Workspace, run: Run, name: str) -> str:
    """Deletes an evaluation that nothing uses, with its predictions and scores; returns as `delete_run`."""
    folder = run.folder / "evaluation" / name.rpartition("/")[2]
    if folder not in run.evaluations():
        raise UsageError(f"{run.name} has no evaluation {sanitize(name)!r}")

    def refuse() -> None:
        if read_status(folder).live:
            job = job_name(run.name, "evaluate", folder)
            raise BddsegError(f"{name} is still being made: wait for it, or `bddseg-tui stop {job}`")

    root = _dataset_of(run, folder)
    delete_unused(folder, refuse)
    return _forget(workspace, root, f"{run.name}/{folder.name}") if root is not None else ""


def _start(run: Run, kind: Kind, folder: Path, options: list[str], fills: Path | None = None) -> None:
    name = job_name(run.name, kind, folder)
    busy = f"{name} is {DOING[kind]} already: `bddseg-tui jobs` lists it, `bddseg-tui stop {name}` ends it"
    with taken_up(folder, busy, uses=[run.folder], fills=fills) as locks:
        launch_training(folder, [kind, os.fspath(run.folder), *options], locks)


def _dataset_of(run: Run, evaluation: Path | None = None) -> Path | None:
    # A run whose config.toml is damaged can be deleted all the same.
    with contextlib.suppress(BddsegError):
        return run.dataset if evaluation is None else evaluated_dataset(run, evaluation)
    return None


def _forget(workspace: Workspace, root: Path, evaluation: str) -> str:
    """Takes scores out of a dataset's catalog: of one evaluation, and of every run that is gone."""
    try:
        path = workspace.catalog_path(root)
        if not path.exists():
            return ""
        catalog = Catalog(path, root)
        runs = {folder.name for folder in workspace.runs.iterdir()}
        for name in catalog.evaluations():
            run, slash, _ = name.partition("/")
            if name == evaluation or (slash and run not in runs):
                catalog.forget_scores(name)
    except (BddsegError, OSError, sqlite3.Error) as error:
        return f"its scores stay in the catalog until another run is deleted: {sanitize(str(error))}"
    return ""


def _need_checkpoint(run: Run, checkpoint: str) -> None:
    if checkpoint not in run.checkpoints():
        there = ", ".join(run.checkpoints()) or "none yet"
        raise UsageError(f"{run.name} has no checkpoint {sanitize(checkpoint)!r} (there is: {there})")
