"""The result of an evaluation, as `result.json` in its job's folder holds it."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.path_component import path_component
from bddseg_tui.core.files.records import Count, FileName, Fraction, Line, read_record
from bddseg_tui.core.jobs.run_events import ClassRow, all_classes
from bddseg_tui.core.runs.history import ClassScore, class_scores
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.moved_datasets import present_place

_Counts = Annotated[list[Count], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)]


class _ResultRow(ClassRow):
    boundary_iou: NotRequired[Fraction | None]


class _Bin(TypedDict):
    share: Fraction
    confidence: Fraction
    accuracy: Fraction


@with_config(extra="allow")
class _Result(TypedDict):
    run: Line
    checkpoint: Line
    split: Line
    images: Count
    pixel_accuracy: Fraction | None
    miou19: Fraction | None
    miou20: Fraction | None
    classes: Annotated[list[_ResultRow], Field(min_length=NUM_CLASSES), AfterValidator(all_classes)]
    confusion: Annotated[list[_Counts], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)]
    left_out: Count
    tta: NotRequired[Line]
    unknown: NotRequired[Line]
    dataset: NotRequired[FileName]
    dataset_key: NotRequired[Line]
    boundary_miou19: NotRequired[Fraction | None]
    ece: NotRequired[Fraction | None]
    calibration: NotRequired[list[_Bin] | None]


_RESULT = TypeAdapter(_Result)
_LARGEST = 4 << 20

PENDING = "scores-pending"
"""A file that is in an evaluation's folder as long as the catalog lacks its scores by image."""


@dataclass(frozen=True)
class Evaluation:
    """Figures of one checkpoint on one split, at the dataset's own resolution; fractions are 0..1.

    `confusion` counts pixels, [actual][predicted], 20 x 20. `ece` is the expected calibration error, `boundary` the
    boundary IoU by class; both are None in evaluations of earlier versions. `unknown_ignored` says that the run was not
    trained on unknown, so that `miou20` counts a class that it never learnt. `data_key` is the key of the dataset where
    that is another one than the run's; else ''.
    """

    run: str
    checkpoint: str
    split: str
    images: int
    pixel_accuracy: float | None
    miou19: float | None
    miou20: float | None
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    left_out: int
    folder: Path
    raw: dict[str, Any]
    tta: str = "none"
    boundary_miou19: float | None = None
    ece: float | None = None
    boundary: tuple[float | None, ...] = (None,) * NUM_CLASSES
    unknown_ignored: bool = False
    data_key: str = ""

    @property
    def name(self) -> str:
        """What the catalog calls this evaluation."""
        return evaluation_name(self.run, self.checkpoint, self.split, self.tta, self.data_key)


def evaluation_name(run: str, checkpoint: str, split: str, tta: str = "none", data_key: str = "") -> str:
    """What the catalog calls an evaluation. What was augmented at test time has a name of its own.

    So has one on another dataset than the run's, by that one's key.
    """
    return f"{run}/{_last_name(checkpoint, split, tta, data_key)}"


def evaluated_dataset(run: Run, folder: Path) -> Path:
    """Where the dataset is now that the evaluation in this folder is of: the run's, unless its result names another.

    Raises:
        BddsegError: the run's configuration, or the file of datasets that have moved, is damaged.
    """
    if "@" in folder.name:
        with contextlib.suppress(OSError, RecordError):
            raw = read_record(_RESULT, folder / "result.json", _LARGEST)
            if "dataset" in raw:
                return present_place(run.folder.parent.parent, Path(raw["dataset"]), raw.get("dataset_key"))
    return run.dataset


def prediction_name(run: str, checkpoint: str, split: str) -> str:
    """What the catalog calls predictions of a split, which need no masks and have no scores."""
    return f"{run}/{checkpoint}-{split} predicted"


def evaluation_folder(run_folder: Path, checkpoint: str, split: str, tta: str = "none", data_key: str = "") -> Path:
    """The job's folder of an evaluation; `data_key` is the key of the dataset where that is not the run's.

    Raises:
        UsageError: one of them is no plain name.
    """
    parts = [path_component(checkpoint, "a checkpoint"), path_component(split, "a split"), path_component(tta, "--tta")]
    key = path_component(data_key, "a dataset") if data_key else ""
    return run_folder / "evaluation" / _last_name(parts[0], parts[1], parts[2], key)


def _last_name(checkpoint: str, split: str, tta: str, data_key: str) -> str:
    return f"{checkpoint}-{split}" + (f"+{tta}" if tta != "none" else "") + (f"@{data_key}" if data_key else "")


@dataclass(frozen=True)
class Evaluations:
    """Finished evaluations, and by name what is wrong with those that cannot be read."""

    found: tuple[Evaluation, ...]
    unreadable: tuple[tuple[str, str], ...]


class NoEvaluationError(BddsegError):
    """There is no finished evaluation."""


def load_evaluation(folder: Path) -> Evaluation:
    """Reads a finished evaluation.

    Raises:
        NoEvaluationError: there is none.
        BddsegError: the file makes no sense; the message says why.
    """
    path = folder / "result.json"
    try:
        raw = read_record(_RESULT, path, _LARGEST)
    except FileNotFoundError as error:
        raise NoEvaluationError(
            f"no evaluation in {sanitize_path(folder)}: make one with `bddseg-tui evaluate`"
        ) from error
    except RecordError as error:
        raise BddsegError(f"{sanitize_path(path)} is damaged ({error}): evaluate again") from error
    return Evaluation(
        run=raw["run"],
        checkpoint=raw["checkpoint"],
        split=raw["split"],
        images=raw["images"],
        pixel_accuracy=raw["pixel_accuracy"],
        miou19=raw["miou19"],
        miou20=raw["miou20"],
        classes=class_scores(raw["classes"]),
        confusion=tuple(tuple(row) for row in raw["confusion"]),
        left_out=raw["left_out"],
        folder=folder,
        raw=dict(raw),
        tta=raw.get("tta", "none"),
        unknown_ignored=raw.get("unknown") == "ignore",
        data_key=raw.get("dataset_key", ""),
        boundary_miou19=raw.get("boundary_miou19"),
        ece=raw.get("ece"),
        boundary=tuple(row.get("boundary_iou") for row in raw["classes"]),
    )
