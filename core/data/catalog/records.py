"""What the catalog takes and gives: a sample, what a scan found out of it, and what an evaluation says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from bddseg_tui.core.classes import NUM_CLASSES

COUNT_COLUMNS = tuple(f"c{i}" for i in range(NUM_CLASSES))
PREDICTED_COLUMNS = ("predicted", *(f"p{i}" for i in range(NUM_CLASSES)))
"""Of an evaluation's prediction of an image: all its pixels, and those by class."""


@dataclass(frozen=True)
class Row:
    """A sample as the catalog knows it.

    `counts` are pixels by class, None until it was scanned; `figures` (0..1) are an evaluation's, by the names that
    filters have for them; `measures` (0..1) are those of `measure_kinds` that were measured; `predicted` are its
    prediction's pixels by class, None where these are not known.
    """

    id: int
    split: str
    name: str
    image: Path
    mask: Path | None
    width: int | None
    height: int | None
    problem: str | None
    counts: tuple[int, ...] | None
    tags: tuple[str, ...] = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)
    prediction: Path | None = None
    predicted: tuple[int, ...] | None = None
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def miou(self) -> float | None:
        """mIoU19 (0..1) of the chosen evaluation's prediction."""
        return self.figures.get("iou")

    def share(self, class_id: int) -> float | None:
        """Percentage (0..100) of the mask's pixels that are of this class; None if unknown."""
        if self.counts is None or not (total := sum(self.counts)):
            return None
        return 100.0 * self.counts[class_id] / total

    def predicted_share(self, class_id: int) -> float | None:
        """Percentage (0..100) of the prediction's pixels that are of this class; None if unknown."""
        if self.predicted is None or not (total := sum(self.predicted)):
            return None
        return 100.0 * self.predicted[class_id] / total

    @property
    def shares(self) -> tuple[float | None, ...]:
        """Each class's percentage of the mask's pixels; Nones if unknown."""
        return tuple(self.share(i) for i in range(NUM_CLASSES))


@dataclass(frozen=True)
class ImageScore:
    """What an evaluation says of an image: figures 0..1, None where undefined.

    `missed` and `invented` have a bit for each class that the mask or the prediction alone has; `predicted` are the
    prediction's pixels by class.
    """

    image: Path
    prediction: Path
    accuracy: float | None = None
    miou: float | None = None
    boundary: float | None = None
    confidence: float | None = None
    brightness: float | None = None
    missed: int | None = None
    invented: int | None = None
    predicted: tuple[int, ...] | None = None


SCORE_COLUMNS = tuple(f.name for f in fields(ImageScore))[2:-1]


@dataclass(frozen=True)
class ScanResult:
    """What a scan found out of one sample: image size, pixels by class, or the problem."""

    id: int
    width: int | None
    height: int | None
    counts: tuple[int, ...] | None
    problem: str | None
