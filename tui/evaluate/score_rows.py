"""Scores of an evaluation as rows: the model as a multi-label classifier, and parts of the split."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.theme import Theme

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.evaluation_text import changed
from bddseg_tui.tui.evaluate.score_table import Scores
from bddseg_tui.tui.shared.format import percent

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.multilabel import LabelScore, MultiLabel
    from bddseg_tui.core.analysis.slices import Slice

_RANGE = re.compile(r"(\w+)>=([\d.]+)% \1<([\d.]+)%")


def label_scores(found: "MultiLabel") -> Scores:
    """A row for each class, then the averages."""
    rows = [(_named(c.id, s.support > 0), *_cells(s)) for c, s in zip(CLASSES, found.classes, strict=True)]
    rows += [(Text(f"   {a.name} average", "bold"), *_cells(a)) for a in found.averages]
    return Scores(("class", "prec.", "recall", "F1", "images"), rows)


def labels_note(found: "MultiLabel") -> str:
    """What stands below them."""
    figures = f"exact match {percent(found.exact_match)}  labels {percent(found.accuracy)}"
    return f" {found.threshold} (t)  {figures}\n Enter: the images in which a class was missed"


def slice_scores(evaluation: Evaluation, slices: "Sequence[Slice]", theme: Theme) -> Scores:
    """A row for each part of the split, compared with the whole of it; those of few images are grey."""
    rows: list[Sequence[str | Text]] = []
    for part in slices:
        s = part.scores
        delta = s.miou19 - evaluation.miou19 if evaluation.miou19 is not None else None
        figures = percent(s.miou19), changed(delta, theme), percent(s.pixel_accuracy), f"{part.images:,}"
        cells = *figures, _shorter(part.query)
        rows.append([Text(str(cell), "dim italic") for cell in cells] if part.few else cells)
    columns = ("mIoU19", "Δ", "acc.", "images", "that match")
    return Scores(columns, rows, words=len(columns) - 1)


def slices_note(slices: "Sequence[Slice]") -> str:
    """What stands below them."""
    few = "; grey: few images" if any(part.few for part in slices) else ""
    return f" lowest first{few}; Δ: whole split\n Enter shows these images in the Dataset pane"


def _shorter(query: str) -> str:
    """A filter in as many columns as there are at 80 x 24: a range once, not as two bounds."""
    return _RANGE.sub(lambda found: f"{found[1]} {float(found[2]):.0f}-{float(found[3]):.0f}%", sanitize(query))


def _cells(score: "LabelScore") -> tuple[str, str, str, str]:
    return percent(score.precision), percent(score.recall), percent(score.f1), f"{score.support:,}"


def _named(class_id: int, there: bool) -> Text:
    c = CLASSES[class_id]
    return Text.assemble(("██", "rgb({},{},{})".format(*c.color)), " ", (c.name, "" if there else "dim"))
