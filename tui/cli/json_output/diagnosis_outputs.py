"""Of `diagnose` and `evaluate --corrupt`."""

from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Fraction, Line, Real
from bddseg_tui.core.quality.class_findings import Kind
from bddseg_tui.tui.cli.json_output.closed import closed


@closed
class FindingTold(TypedDict):
    """A reason for a class's IoU, with the figure that it rests on: a share 0..1, pixels, or images."""

    kind: Kind
    text: Line
    value: Real


@closed
class PartFigures(TypedDict):
    """Pixels of a class that have something in common."""

    name: Line
    pixels: Count
    recall: Fraction | None
    iou: Fraction | None


@closed
class ClassDiagnosed(TypedDict):
    """One class."""

    id: Count
    name: Line
    line: Line
    """The three reasons that explain most."""
    findings: list[FindingTold]
    iou_pooled: Fraction | None
    iou_per_image: Fraction | None
    """The mean over the images in which it is or was predicted."""
    recall: Fraction | None
    images: Count
    """That hold it."""
    train_images: Count | None
    kept_iou: Fraction | None
    """Of its label with itself, after it was reduced to the model's size."""
    offset_px: Real | None
    """How far its boundary is outside (above 0) of the label's, in pixels at the model's size."""
    by_size: list[PartFigures]
    by_height: list[PartFigures]
    """From the bottom of the image up."""
    by_brightness: list[PartFigures]
    """Of images, by their mean."""


@closed
class Diagnosed(TypedDict):
    """`diagnose`."""

    evaluation: Line
    images: Count
    height: Count
    width: Count
    miou19_pooled: Fraction | None
    """Over all pixels: the official one."""
    miou19_per_image: Fraction | None
    """The mean of each image's."""
    miou19_per_class_and_image: Fraction | None
    """The mean over classes of the mean over images."""
    classes: list[ClassDiagnosed]
    missing: list[Line]
    """What could not be said, and what it would take."""


@closed
class CorruptedCell(TypedDict):
    """mIoU19 and IoU by class id at one kind and severity; `clean` at 0 is the images as they are."""

    kind: Line
    severity: Count
    miou19: Fraction | None
    iou: list[Fraction | None]


WorstClass = TypedDict("WorstClass", {"class": Line, "clean": Fraction, "corrupted": Fraction})


@closed
class Corrupted(TypedDict):
    """`evaluate --corrupt`: all that is measured by now."""

    run: Line
    checkpoint: Line
    split: Line
    images: Count
    cells: list[CorruptedCell]
    worst: dict[str, WorstClass]
    """By kind the class that loses most, at the highest severity of it."""
