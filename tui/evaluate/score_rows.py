"""Scores of an evaluation as rows: the model as a multi-label classifier, and parts of the split."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.score_table import Scores
from bddseg_tui.tui.shared.format import percent, percentage_points

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.multilabel import LabelScore, MultiLabel
    from bddseg_tui.core.analysis.slices import Slice

SLICES_NOTE = " Δ is against the whole split   Enter shows these images in the Dataset pane"


def label_scores(found: "MultiLabel") -> Scores:
    """A row for each class, then the averages."""
    rows = [(_named(c.id), *_cells(s)) for c, s in zip(CLASSES, found.classes, strict=True)]
    rows += [(Text(f"   {a.name} average", "bold"), *_cells(a)) for a in found.averages]
    return Scores(("class", "precision", "recall", "F1", "images"), rows)


def labels_note(found: "MultiLabel") -> str:
    """What stands below them."""
    return (
        f" {found.threshold} (t)   exact match {percent(found.exact_match)}   "
        f"labels right {percent(found.accuracy)}\n Enter lists the images in which a class was missed"
    )


def slice_scores(evaluation: Evaluation, slices: "Sequence[Slice]") -> Scores:
    """A row for each part of the split, compared with the whole of it."""
    rows = []
    for part in slices:
        s = part.scores
        delta = s.miou19 - evaluation.miou19 if evaluation.miou19 is not None else None
        cells = percent(s.miou19), _change(delta), percent(s.pixel_accuracy), f"{part.images:,}", sanitize(part.query)
        rows.append(cells)
    columns = ("mIoU19", "Δ", "acc.", "images", "that match")
    return Scores(columns, rows, words=len(columns) - 1)


def _cells(score: "LabelScore") -> tuple[str, str, str, str]:
    return percent(score.precision), percent(score.recall), percent(score.f1), f"{score.support:,}"


def _named(class_id: int) -> Text:
    c = CLASSES[class_id]
    return Text("██ ", style="rgb({},{},{})".format(*c.color)).append(f"{c.id:>2} {c.name}", "default")


def _change(value: float | None) -> Text:
    """A difference of fractions in points, its sign written and coloured."""
    if value is None:
        return Text("-")
    style = "green" if value > 0.0005 else "red" if value < -0.0005 else ""
    return Text(percentage_points(value), style=style)
