"""Of evaluations, and of what models are used for."""

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Fraction, Line, Percentage, Real
from bddseg_tui.core.jobs.run_events import ClassRow
from bddseg_tui.core.runs.export_kinds import ExportKind
from bddseg_tui.tui.cli.json_output.closed import closed


@with_config(ConfigDict(extra="allow"))
class ClassFigures(ClassRow):
    """A class in an evaluation; later ones may say more."""

    boundary_iou: NotRequired[Fraction | None]


@closed
class CalibrationBin(TypedDict):
    """Pixels that the model is about as sure of."""

    share: Fraction
    confidence: Fraction
    accuracy: Fraction


@closed
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
    unknown_ignored: bool
    """In training, so that miou20 counts a class that was never learnt."""
    dataset: Line | None
    """Where it is not the run's."""
    boundary_miou19: Fraction | None
    ece: Fraction | None
    """Expected calibration error."""
    calibration: list[CalibrationBin] | None
    classes: list[ClassFigures]


@closed
class ThresholdUsed(TypedDict):
    """What makes a class present in an image."""

    pixels: Count
    percent: Percentage


@closed
class LabelFigures(TypedDict):
    """A class, or an average over classes."""

    name: Line
    precision: Fraction
    recall: Fraction
    f1: Fraction
    support: Count
    """Images that hold it."""


@closed
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


@closed
class SliceRow(TypedDict):
    """An item of `slices`."""

    slice: Line
    """As the filter language has it."""
    images: Count
    pixel_accuracy: Fraction | None
    pixel_accuracy20: Fraction | None
    miou19: Fraction | None
    miou20: Fraction | None


@closed
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


@closed
class ImageChanged(TypedDict):
    """An image's mIoU19 in the first and in the last evaluation."""

    name: Line
    before: Fraction
    after: Fraction
    change: Annotated[float, Field(ge=-1.000001, le=1.000001)]


@closed
class Compared(TypedDict):
    """`compare`."""

    evaluations: list[ComparedEvaluation]
    settings: dict[str, list[Any]]
    """Those that are not the same in all, with a value each."""
    images: list[ImageChanged]


@closed
class Reported(TypedDict):
    """`report`: its files, HTML first."""

    evaluation: Line
    files: list[Line]


@closed
class Predicted(TypedDict):
    """`predict`."""

    run: Line
    source: Line
    to: Line


@closed
class ExportedModel(TypedDict):
    """`export`."""

    run: Line
    kind: ExportKind
    to: Line
    max_difference: Real
    """The largest difference of the export's logits from the model's own."""
    files: list[Line]
