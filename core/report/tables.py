"""The tables of a report as lists of words, and as Markdown and CSV."""

import csv
import io
from collections.abc import Sequence

from bddseg_tui.core.markdown import markdown
from bddseg_tui.core.quality.diagnosis_text import worst_first
from bddseg_tui.core.report.content import Content
from bddseg_tui.core.runs.evaluation import Evaluation

Table = tuple[list[str], list[list[str]]]
"""(head, rows)."""
_FORMULA = tuple("=+-@＝＋－＠")


def percent(value: float | None) -> str:
    """A fraction (0..1) as percent; empty where it is undefined."""
    return "" if value is None or value != value else f"{100 * value:.2f}"


def overall(content: Content) -> Table:
    """A row an evaluation."""
    head = ["evaluation", "images", "mIoU19", "mIoU20", "pixel accuracy", "boundary mIoU19", "calibration error"]
    return head, [[_name(e), str(e.images), *_figures(e)] for e in content.evaluations]


def classes(content: Content) -> Table:
    """A row a class; the IoU of each compared evaluation stands at the end."""
    head = ["id", "class", "IoU", "precision", "recall", "boundary IoU", "% of pixels"]
    head += [f"IoU {e.name}" for e in content.evaluations[1:]]
    rows = []
    for c in content.evaluation.classes:
        figures = [c.iou, c.precision, c.recall, content.evaluation.boundary[c.id]]
        others = [percent(e.classes[c.id].iou) for e in content.evaluations[1:]]
        rows.append([str(c.id), c.name, *map(percent, figures), f"{c.percentage:.4f}", *others])
    return head, rows


def diagnosis(content: Content) -> Table:
    """A row a class, worst first: why its IoU is what it is."""
    head = ["class", "IoU pooled", "IoU by image", "images", "train images", "boundary px", "why"]
    if content.diagnosis is None:
        return head, []
    return head, [
        [
            c.name,
            percent(c.iou),
            percent(c.iou_per_image),
            str(c.images),
            "" if c.train_images is None else str(c.train_images),
            "" if c.offset_px is None else f"{c.offset_px:+.2f}",
            "; ".join(f.text for f in c.findings),
        ]
        for c in worst_first(content.diagnosis)
    ]


def parts(content: Content) -> Table:
    """A row a class: recall by size of object, by height in the image, and by brightness."""
    rows, names = [], []
    for c in content.diagnosis.classes if content.diagnosis else ():
        named = [("size", c.by_size), ("height", c.by_height), ("brightness", c.by_brightness)]
        names = [f"{kind}: {part.name}" for kind, held in named for part in held]
        rows.append([c.name, *(percent(part.recall) for _, held in named for part in held)])
    return ["recall", *names], rows if names else []


def robustness(content: Content) -> Table:
    """A row a kind of corruption: mIoU19 at each severity, and the class that loses most at the highest."""
    found = content.robustness
    if found is None:
        return ["corruption"], []
    head = ["corruption", *(f"severity {s}" for s in found.severities), "mean", "loses most"]
    rows = []
    for kind in found.kinds:
        cells = [found.cell(kind, s) for s in found.severities]
        worst = found.worst_class(kind)
        words = f"{worst[0]}: {percent(worst[1])} to {percent(worst[2])}" if worst else ""
        rows.append([kind, *(percent(c["miou19"] if c else None) for c in cells), percent(found.mean(kind)), words])
    return head, rows


def labels(content: Content) -> Table:
    """The multi-label report: a row a class, then the averages."""
    head = ["class", "precision", "recall", "F1", "images"]
    if content.labels is None:
        return head, []
    rows = [(c.name, c) for c in content.labels.classes] + [(f"{a.name} average", a) for a in content.labels.averages]
    return head, [[name, percent(s.precision), percent(s.recall), percent(s.f1), str(s.support)] for name, s in rows]


def slices(content: Content) -> Table:
    """A row a slice."""
    rows = [
        [s.query, str(s.images), percent(s.scores.miou19), percent(s.scores.pixel_accuracy)] for s in content.slices
    ]
    return ["slice", "images", "mIoU19", "pixel accuracy"], rows


def settings(content: Content) -> Table:
    """The settings that differ between the compared runs; or all of the one run."""
    if len(content.evaluations) > 1:
        head = ["setting", *(e.name for e in content.evaluations)]
        return head, [[key, *("" if v is None else str(v) for v in values)] for key, values in content.settings.items()]
    return ["setting", "value"], [[key, str(value)] for key, value in content.config.items()]


def confusion(content: Content) -> Table:
    """Pixels by actual (rows) and predicted (columns)."""
    matrix = content.pixel_matrix
    counts = [[name, *map(str, row)] for name, row in zip(matrix.rows, matrix.counts, strict=True)]
    return ["actual \\ predicted", *matrix.columns], counts


def to_markdown(table: Table) -> str:
    """A table in GitHub's Markdown; figures stand on the right."""
    head, rows = table
    cells = [[markdown(word) for word in row] for row in [head, *rows]]
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [cells[0], rule, *cells[1:]]) + "\n"


def to_csv(table: Table) -> str:
    """A table as CSV (RFC 4180)."""
    head, rows = table
    sink = io.StringIO()
    writer = csv.writer(sink)
    writer.writerows([[_harmless(word) for word in row] for row in [head, *rows]])
    return sink.getvalue()


def _name(e: Evaluation) -> str:
    return f"{e.name} (mIoU20: unknown was ignored in training)" if e.unknown_ignored else e.name


def _figures(e: Evaluation) -> Sequence[str]:
    return [percent(v) for v in (e.miou19, e.miou20, e.pixel_accuracy, e.boundary_miou19, e.ece)]


def _harmless(word: str) -> str:
    """A word that no spreadsheet takes for a formula (CWE-1236)."""
    formula = word.lstrip()[:1] in _FORMULA or word[:1] in ("\t", "\r", "\n")
    return f"'{word}" if formula and not _is_number(word) else word


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
