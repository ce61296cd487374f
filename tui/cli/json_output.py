"""What `--json` prints, command by command: mypy holds the commands to it, and `docs/json-schema.json` is made of it.

Each object, and each item of an array, has `schema` besides, the version of all of this. Fields are only ever added
within a version. Texts are sanitized; paths are absolute, or as they were typed. `docs/json.md` is the guide to it.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.data.layouts import Layout
from bddseg_tui.core.files.records import Count, Fraction, Line, Moment, Percentage, Real
from bddseg_tui.core.jobs.job import State
from bddseg_tui.core.jobs.run_events import ClassRow, EpochEvent
from bddseg_tui.core.maintenance.disk_use import Kind as ItemKind
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.core.runs.export_kinds import ExportKind
from bddseg_tui.core.runs.job_list import Kind as JobKind

_closed = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
Pixels = Annotated[list[Count], Field(min_length=20, max_length=20)]
"""Pixels by class, in the order of the class ids."""


# -- datasets -------------------------------------------------------------------------------------------------------


@_closed
class SplitCounts(TypedDict):
    """How many images and masks a split has."""

    images: Count
    masks: Count


@_closed
class ProblemRow(TypedDict):
    """Something that is wrong with a file."""

    path: Line
    kind: Line
    detail: Line


@_closed
class Checked(TypedDict):
    """`data check`."""

    root: Line
    layout: Layout
    splits: dict[str, SplitCounts]
    problems: list[ProblemRow]


@_closed
class SplitFolders(TypedDict):
    """Where a split keeps its images, and its masks if it has any."""

    images: Line
    masks: Line | None


@_closed
class DatasetFolders(TypedDict):
    """A dataset and the folders of its splits."""

    root: Line
    layout: Layout
    splits: dict[str, SplitFolders]


@_closed
class Unpacked(TypedDict):
    """`data unpack`."""

    to: Line
    written: Count
    kept: Count
    """Files that were there already, and whole."""
    refused: list[Line]
    replaced: Count
    """Files among those written that had changed since they were unpacked; as they were they are kept."""
    dataset: DatasetFolders | None
    unrecognised: Line
    """Why the folder holds no dataset; empty where it does."""


@_closed
class ClassPixels(TypedDict):
    """One class in the masks."""

    id: Count
    name: Line
    pixels: Count
    percentage: Percentage
    images: Count
    """Images that hold it."""


@_closed
class Stats(TypedDict):
    """`data stats`: all twenty classes."""

    classes: list[ClassPixels]


@_closed
class SampleRow(TypedDict):
    """An item of `data list`."""

    split: Line
    name: Line
    image: Line
    width: Count | None
    height: Count | None
    problem: Line | None
    tags: list[Line]
    miou19: Fraction | None
    """Of the evaluation that was named."""
    figures: dict[str, Fraction | None]
    """What that evaluation says of the image, by the names that filters have for it."""
    pixels: Pixels | None
    """Of the mask; null where there is none."""


@_closed
class Tagged(TypedDict):
    """`data tag`."""

    tag: Line
    samples: Count
    removed: bool


@_closed
class MovedRow(TypedDict):
    """An item of `data move`."""

    old: Line
    new: Line
    samples: Count
    missing: Count
    tags: Count
    runs: Count


@_closed
class Repaired(TypedDict):
    """`data repair`."""

    tags: Count
    samples: Count
    kept: Line
    """Where the damaged catalog is."""


@_closed
class DemoDrawn(TypedDict):
    """`demo`: how many scenes each split has."""

    dataset: Line
    train: Count
    val: Count
    test: Count
    seed: Count


# -- training -------------------------------------------------------------------------------------------------------


@_closed
class Started(TypedDict):
    """`train` and `resume`."""

    run: Line
    folder: Line


@_closed
class RunRow(TypedDict):
    """An item of `runs`."""

    run: Line
    state: State
    message: Line
    done: Count
    """Steps."""
    total: Count
    preset: Line
    dataset: Line
    problem: Line
    """What is wrong with its configuration; empty for nothing."""
    folder: Line
    best_epoch: Count | None
    best_miou19: Fraction | None
    checkpoints: list[Line]
    """Which of best and last there are."""


@with_config(ConfigDict(extra="allow"))
class EpochRow(EpochEvent):
    """An epoch as the run told it; it may have told more."""


@_closed
class RunShown(RunRow):
    """`runs show`."""

    config: dict[str, Any]
    """Every setting of the run; `config --json` says what each means."""
    epochs: list[EpochRow]


@_closed
class Deleted(TypedDict):
    """`runs delete` and `evaluations delete`."""

    deleted: Line
    left: NotRequired[Line]
    """What could not be done, and why."""


@_closed
class SettingRow(TypedDict):
    """A setting of a training run."""

    name: Line
    group: Line
    default: bool | int | float | str
    about: Line
    choices: list[Line]
    limits: list[Line]
    value: bool | int | float | str


@_closed
class ConfigPrinted(TypedDict):
    """`config`."""

    preset: Line
    settings: list[SettingRow]


@_closed
class EncoderRow(TypedDict):
    """An item of `encoders`, of the whole U-Net."""

    name: Line
    parameters: Count
    multiply_adds: Real
    """Of one image of the size that was named."""
    weights: list[Line]


# -- evaluation -----------------------------------------------------------------------------------------------------


@with_config(ConfigDict(extra="allow"))
class ClassFigures(ClassRow):
    """A class in an evaluation; later ones may say more."""

    boundary_iou: NotRequired[Fraction | None]


@_closed
class CalibrationBin(TypedDict):
    """Pixels that the model is about as sure of."""

    share: Fraction
    confidence: Fraction
    accuracy: Fraction


@_closed
class EvaluationRow(TypedDict):
    """`evaluate`, and an item of `evaluations`."""

    run: Line
    checkpoint: Line
    split: Line
    tta: Line | None
    images: Count
    pixel_accuracy: Fraction | None
    miou19: Fraction | None
    miou20: Fraction | None
    boundary_miou19: Fraction | None
    ece: Fraction | None
    """Expected calibration error."""
    calibration: list[CalibrationBin] | None
    classes: list[ClassFigures]


@_closed
class ThresholdUsed(TypedDict):
    """What makes a class present in an image."""

    pixels: Count
    percent: Percentage


@_closed
class LabelFigures(TypedDict):
    """A class, or an average over classes."""

    name: Line
    precision: Fraction
    recall: Fraction
    f1: Fraction
    support: Count
    """Images that hold it."""


@_closed
class Classified(TypedDict):
    """`classify`."""

    evaluation: Line
    images: Count
    threshold: ThresholdUsed
    exact_match: Fraction
    accuracy: Fraction
    classes: list[LabelFigures]
    averages: list[LabelFigures]
    confusion: list[list[Count]]
    """Images by [missed class][wrongly found class]; the last column is nothing wrongly found."""


@_closed
class SliceRow(TypedDict):
    """An item of `slices`."""

    slice: Line
    """As the filter language has it."""
    images: Count
    pixel_accuracy: Fraction | None
    pixel_accuracy20: Fraction | None
    miou19: Fraction | None
    miou20: Fraction | None


@_closed
class ComparedEvaluation(TypedDict):
    """An evaluation in `compare`."""

    run: Line
    checkpoint: Line
    split: Line
    images: Count
    pixel_accuracy: Fraction | None
    miou19: Fraction | None
    miou20: Fraction | None
    boundary_miou19: Fraction | None
    ece: Fraction | None
    iou: dict[str, Fraction | None]
    """By class."""


@_closed
class ImageChanged(TypedDict):
    """An image's mIoU19 in the first and in the last evaluation."""

    name: Line
    before: Fraction
    after: Fraction
    change: Annotated[float, Field(ge=-1.000001, le=1.000001)]


@_closed
class Compared(TypedDict):
    """`compare`."""

    evaluations: list[ComparedEvaluation]
    settings: dict[str, list[Any]]
    """Those that are not the same in all, with a value each."""
    images: list[ImageChanged]


@_closed
class Reported(TypedDict):
    """`report`: its files, HTML first."""

    evaluation: Line
    files: list[Line]


# -- using a model --------------------------------------------------------------------------------------------------


@_closed
class Predicted(TypedDict):
    """`predict`."""

    run: Line
    source: Line
    to: Line


@_closed
class ExportedModel(TypedDict):
    """`export`."""

    run: Line
    kind: ExportKind
    to: Line
    max_difference: Real
    """The largest difference of the export's logits from the model's own."""
    files: list[Line]


# -- search and questions -------------------------------------------------------------------------------------------


@_closed
class IndexFacts(TypedDict):
    """`index build` and `index info`."""

    model: Line
    identity: Line
    dimension: Count
    images: Count
    failures: Count
    sha256: Line
    images_per_second: Real | None
    graph: dict[str, Any] | None
    folder: Line


@_closed
class IndexBegun(TypedDict):
    """`index build --detach`."""

    folder: Line


@_closed
class IndexStopped(TypedDict):
    """`index stop`."""

    state: State


@_closed
class CandidateImage(TypedDict):
    """An image that was found."""

    name: Line
    path: Line
    score: Real
    """Cosine."""
    confidence: Real


@_closed
class FoundImage(CandidateImage):
    """An item of `index search`."""


@_closed
class Answer(TypedDict):
    """`ask`."""

    question: Line
    anchors: list[Line]
    fallback: Line
    image: Line | None
    score: Real | None
    confidence: Real | None
    fits: bool
    answer: str
    candidates: list[CandidateImage]
    timings: dict[str, Real]
    """Seconds."""
    problem: str
    """Why the answer is not all of it; empty for nothing."""
    complete: bool


@_closed
class ChatRow(TypedDict):
    """An item of `chats`."""

    title: Line
    created: Moment
    turns: list[Turn]


@_closed
class ChatExported(TypedDict):
    """`chats --export`."""

    file: Line


# -- jobs and disk --------------------------------------------------------------------------------------------------


@_closed
class JobRow(TypedDict):
    """An item of `jobs`."""

    job: Line
    kind: JobKind
    run: Line
    """Empty for an index."""
    state: State
    phase: Line
    done: Count
    total: Count
    seconds_left: Real | None
    message: Line
    host: Line | None
    pid: Count | None
    folder: Line


@_closed
class JobStopped(TypedDict):
    """`stop`."""

    job: Line
    run: Line
    kind: JobKind
    state: State
    done: Count
    total: Count


@_closed
class ItemRow(TypedDict):
    """Something in the workspace."""

    kind: ItemKind
    name: Line
    what: Line
    bytes: Count
    freed_by: Literal["caches", "deleted", "gone"] | None
    tags: Count | None


@_closed
class DiskUse(TypedDict):
    """`workspace`."""

    workspace: Line
    bytes: Count
    items: list[ItemRow]


@_closed
class KeptItem(TypedDict):
    """Something that was not freed."""

    name: Line
    why: Line


@_closed
class FreedItems(TypedDict):
    """`workspace free`."""

    bytes: Count
    freed: list[Line]
    kept: list[KeptItem]


OUTPUTS: dict[str, Any] = {
    "data check": Checked,
    "data unpack": Unpacked,
    "data stats": Stats,
    "data list": list[SampleRow],
    "data tag": Tagged,
    "data move": list[MovedRow],
    "data repair": Repaired,
    "demo": DemoDrawn,
    "train": Started,
    "resume": Started,
    "runs": list[RunRow],
    "runs show": RunShown,
    "runs delete": Deleted,
    "config": ConfigPrinted,
    "encoders": list[EncoderRow],
    "evaluate": EvaluationRow,
    "evaluations": list[EvaluationRow],
    "evaluations delete": Deleted,
    "classify": Classified,
    "slices": list[SliceRow],
    "compare": Compared,
    "report": Reported,
    "predict": Predicted,
    "export": ExportedModel,
    "index build": IndexFacts,
    "index build --detach": IndexBegun,
    "index info": IndexFacts,
    "index stop": IndexStopped,
    "index search": list[FoundImage],
    "ask": Answer,
    "chats": list[ChatRow],
    "chats --export": ChatExported,
    "settings": Retrieval,
    "jobs": list[JobRow],
    "jobs stop": JobStopped,
    "stop": JobStopped,
    "workspace": DiskUse,
    "workspace free": FreedItems,
}
"""By command, what it prints with `--json`."""
