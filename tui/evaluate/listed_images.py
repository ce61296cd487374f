"""Images of an evaluation as rows of a list: by their mIoU, or by the IoU of one class."""

from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.tui.shared.format import percent


@dataclass(frozen=True)
class ListedImage:
    """An image.

    Attributes:
        row: what the catalog knows of it.
        figure: what it is listed by.
        about: all that is known of it in words.
        earlier: where two evaluations are compared, what the earlier one predicted.
    """

    row: Row
    figure: str
    about: str
    earlier: Path | None = None

    @property
    def label(self) -> Text:
        """Its row."""
        return Text(f"{self.figure:>5}  {sanitize(self.row.name)}", no_wrap=True, overflow="ellipsis")


@dataclass(frozen=True)
class Listing:
    """Which images are wanted: of an evaluation, of all classes (None) or of one, the worst or the best first."""

    evaluation: Evaluation | None = None
    class_id: int | None = None
    worst_first: bool = True

    @property
    def title(self) -> str:
        """What stands above the list."""
        if self.evaluation is None:
            return ""
        way = "worst" if self.worst_first else "best"
        return f" {way} {'mIoU' if self.class_id is None else CLASSES[self.class_id].name} first (w)"


def read_images(analysis: AnalysisService, listing: Listing) -> tuple[ListedImage, ...]:
    """The images of a listing; in a thread.

    Raises:
        BddsegError: the evaluation has no counts by image, or the catalog cannot be read.
    """
    if listing.evaluation is None:
        return ()
    if listing.class_id is None:
        rows = analysis.images(listing.evaluation, listing.worst_first)
        return tuple(ListedImage(r, percent(r.miou or 0), overall(r)) for r in rows)
    name, found = CLASSES[listing.class_id].name, []
    for row, pixels in analysis.class_images(listing.evaluation, listing.class_id, listing.worst_first):
        figure = percent(pixels.iou)
        wrong = f"missed {pixels.missed:,}, invented {pixels.invented:,} px"
        found.append(ListedImage(row, figure, f"{name}: IoU {figure}, {wrong}"))
    return tuple(found)


def overall(row: Row) -> str:
    """An image's mIoU in words."""
    return f"mIoU {percent(row.miou)}" if row.miou is not None else "no score"
