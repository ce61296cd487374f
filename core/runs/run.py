"""Runs: the folders under `<workspace>/runs`, numbered so that their order does not depend on the clock."""

import os
import re
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NotRequired

import tomli_w
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.errors import BddsegError, RecordError, UsageError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import FileName, Line, checked
from bddseg_tui.core.files.toml_file import read_toml_file
from bddseg_tui.core.jobs.job import Status, read_status
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.core.workspace.moved_datasets import dataset_key, present_place
from bddseg_tui.core.workspace.workspace import Workspace

CHECKPOINTS = ("best", "last")


class Spec(TypedDict):
    """What a run's config.toml says: the settings in `train` are checked by `core.runs.config.validate`."""

    dataset: FileName
    dataset_key: NotRequired[Line]
    workspace: FileName
    preset: NotRequired[Line]
    train: dict[str, Any]


_SPEC = TypeAdapter(Spec)


@dataclass(frozen=True)
class Run:
    """One training run on disk. Nothing is read before it is asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, such as `0001-demo`."""
        return self.folder.name

    @property
    def status(self) -> Status:
        """Read anew at each access."""
        return read_status(self.folder)

    @property
    def events(self) -> Path:
        """The file of its events."""
        return self.folder / "events.jsonl"

    @cached_property
    def spec(self) -> Spec:
        """`config.toml`: `dataset`, `workspace`, `preset` and the table `train`.

        Raises:
            BddsegError: it cannot be read or makes no sense; the message says why.
        """
        path = self.folder / "config.toml"
        try:
            return checked(_SPEC, read_toml_file(path))
        except (RecordError, FileNotFoundError) as error:
            why = error if isinstance(error, RecordError) else "it is gone"
            raise BddsegError(f"{sanitize_path(path)} is damaged ({why}): mend it or delete that run") from error

    @property
    def problem(self) -> str:
        """What is wrong with its configuration, in one line; '' for nothing."""
        try:
            self.spec  # noqa: B018
        except BddsegError as error:
            return str(error)
        return ""

    @property
    def dataset(self) -> Path:
        """Where its dataset is now. Raises BddsegError where the configuration is damaged."""
        return present_place(self.folder.parent.parent, Path(self.spec["dataset"]), self.spec.get("dataset_key"))

    @property
    def shown_dataset(self) -> str:
        """The dataset's path as printable text; a dash where the configuration is damaged."""
        return "-" if self.problem else sanitize_path(self.dataset)

    @property
    def preset(self) -> str:
        """The preset that its settings come from; '' where the configuration is damaged."""
        return "" if self.problem else self.spec.get("preset", "")

    def checkpoints(self) -> list[str]:
        """Which of `best` and `last` there are."""
        return [c for c in CHECKPOINTS if (self.folder / "checkpoints" / c / "model.safetensors").exists()]

    def evaluations(self) -> list[Path]:
        """Folders of its evaluations, finished or not."""
        folder = self.folder / "evaluation"
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(p for p in found if p.is_dir() and not p.name.startswith("."))


def list_runs(workspace: Workspace) -> list[Run]:
    """Every run, newest first."""
    found = [Run(p) for p in workspace.runs.iterdir() if _number(p.name) and (p / "config.toml").exists()]
    return sorted(found, key=lambda r: _number(r.name), reverse=True)


def find_run(workspace: Workspace, text: str, trained: bool = False) -> Run:
    """The run with this name or number; `last` is the newest or, with `trained`, the newest that has a checkpoint.

    Raises:
        UsageError: there is none; the nearest name is suggested.
    """
    runs = list_runs(workspace)
    if not runs:
        raise UsageError("there are no runs yet: start one with `bddseg-tui train DIR`")
    if text == "last":
        return next((run for run in runs if not trained or run.checkpoints()), runs[0])
    number = int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
    for run in runs:
        if run.name == text or number == _number(run.name):
            return run
    raise UsageError(
        f"no run is called {sanitize(text)!r}{suggestion(text, [r.name for r in runs])}: see `bddseg-tui runs`"
    )


def create_run(workspace: Workspace, dataset: Path, config: TrainConfig, preset: str) -> Run:
    """Makes the folder of a new run with its config.toml.

    Raises:
        BddsegError: the workspace cannot be written, or the dataset's path is not UTF-8.
    """
    text = _config_text(workspace, dataset, config, preset)
    number = max((_number(p.name) for p in workspace.runs.iterdir()), default=0)
    for attempt in range(1, 1000):
        folder = workspace.runs / f"{number + attempt:04d}-{re.sub(r'[^a-z0-9-]+', '-', preset.lower()) or 'run'}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise disk_error(error, folder, "made") from error
        if any(_number(p.name) == number + attempt for p in workspace.runs.iterdir() if p != folder):
            folder.rmdir()
            continue
        break
    try:
        write_text(folder / "config.toml", text)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise disk_error(error, folder) from error
    return Run(folder)


def create_inner_run(folder: Path, workspace: Workspace, dataset: Path, config: TrainConfig, preset: str) -> Run:
    """Makes a run in a folder of another job's, where no list of runs looks; one that is there has its config replaced.

    Raises:
        BddsegError: as `create_run`.
    """
    text = _config_text(workspace, dataset, config, preset)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "config.toml", text)
    except OSError as error:
        raise disk_error(error, folder) from error
    return Run(folder)


def _config_text(workspace: Workspace, dataset: Path, config: TrainConfig, preset: str) -> str:
    try:
        spec = {"dataset": os.fsencode(dataset).decode(), "workspace": os.fsencode(workspace.root).decode()}
    except UnicodeDecodeError as error:
        raise BddsegError(f"{sanitize_path(dataset)} is not valid UTF-8: link to it from a path that is") from error
    spec["dataset_key"] = dataset_key(workspace.root, dataset)
    return tomli_w.dumps({**spec, "preset": preset, "train": config.model_dump()})


def change_settings(run: Run, config: TrainConfig) -> None:
    """Writes other settings into a run's config.toml.

    Raises:
        BddsegError: it cannot be written.
    """
    spec: dict[str, Any] = {**run.spec, "train": config.model_dump()}
    try:
        write_text(run.folder / "config.toml", tomli_w.dumps(spec))
    except OSError as error:
        raise disk_error(error, run.folder) from error
    run.__dict__.pop("spec", None)


def _number(name: str) -> int:
    match = re.match(r"^(\d{4,})-", name)
    return int(match[1]) if match else 0
