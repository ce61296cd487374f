"""The per-class table of an evaluation: sortable by any column, with bars of IoU against percentage."""

from rich.text import Text
from textual import on
from textual.widgets import DataTable

from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.history import ClassScore
from bddseg_tui.tui.shared.commands import TABLE, bindings
from bddseg_tui.tui.shared.format import percent, percentage_points, share

COLUMNS = ("id", "class", "IoU", "prec.", "recall", "% px")
WIDE = 92
"""Columns from which on boundary IoU is shown too."""
COLUMNS_WIDTH = 60
"""Terminal columns that the numbers take; what is left is shared by the two bars."""


class ClassTable(DataTable[Text]):
    """Shows one evaluation, or two side by side with their difference."""

    ACTIONS = TABLE
    BINDINGS = bindings(TABLE)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, cursor_type="row", cell_padding=1, cursor_foreground_priority="renderable")
        self._evaluation: Evaluation | None = None
        self._other: Evaluation | None = None
        self._sort = 0
        self._descending = False
        self._rows: list[ClassScore] = []
        self._drawn_bar = 0
        self._drawn_columns = 0

    def show(self, evaluation: Evaluation | None, other: Evaluation | None = None) -> None:
        """Shows an evaluation; `other` is compared with it."""
        self._evaluation, self._other = evaluation, other
        self._fill()

    def sort_next(self) -> None:
        """Sorts by the next column; metrics start with the largest."""
        self._sort = (self._sort + 1) % (len(self._names()) - 2)
        self._descending = self._sort > 1
        self._fill()

    @on(DataTable.HeaderSelected)
    def _header(self, event: DataTable.HeaderSelected) -> None:
        if event.column_index < len(self._names()) - 2:
            self._descending = not self._descending if self._sort == event.column_index else event.column_index > 1
            self._sort = event.column_index
            self._fill()

    @property
    def highlighted_class(self) -> ClassScore | None:
        """The class under the cursor."""
        return self._rows[self.cursor_row] if 0 <= self.cursor_row < len(self._rows) else None

    def _names(self) -> list[str]:
        compared = ["other", "Δ IoU"] if self._other else []
        boundary = ["bound."] if self._has_boundary else []
        return [*COLUMNS, *boundary, *compared, "IoU", "share"]

    @property
    def _has_boundary(self) -> bool:
        return self._evaluation is not None and any(self._evaluation.boundary) and self.size.width >= WIDE

    def _fill(self) -> None:
        place = self.cursor_row
        self._drawn_bar, self._drawn_columns = self._bar_width(), len(self._names())
        self.clear(columns=True)
        if self._evaluation is None:
            self._rows = []
            return
        self._sort = min(self._sort, len(self._names()) - 3)
        for index, name in enumerate(self._names()):
            arrow = (" ↓" if self._descending else " ↑") if index == self._sort else ""
            self.add_column(Text(name + arrow, justify="right" if 1 < index < len(self._names()) - 2 else "left"))
        others = {c.id: c for c in self._other.classes} if self._other else {}
        self._rows = rows = sorted(self._evaluation.classes, key=lambda c: self._key(c, others.get(c.id)))
        largest = max((c.percentage for c in rows), default=1.0) or 1.0
        for c in rows:
            self.add_row(*self._cells(c, others.get(c.id), largest), height=1)
        self.move_cursor(row=place)

    def _key(self, c: ClassScore, other: ClassScore | None) -> tuple[bool, float, int]:
        """Undefined values come last, whichever way it is sorted."""
        delta = c.iou - other.iou if other and c.iou is not None and other.iou is not None else None
        boundary = [self._evaluation.boundary[c.id]] if self._evaluation and self._has_boundary else []
        compared = [other.iou if other else None, delta] if self._other else []
        values = [float(c.id), None, c.iou, c.precision, c.recall, c.percentage, *boundary, *compared]
        if self._sort == 1:
            return False, 0.0, sorted(x.name for x in self._evaluation.classes).index(c.name) if self._evaluation else 0
        value = values[self._sort]
        return value is None, (-value if self._descending else value) if value is not None else 0.0, c.id

    def on_resize(self) -> None:
        """Fills the table anew where its bars or names have another width."""
        if (self._bar_width(), len(self._names())) != (self._drawn_bar, self._drawn_columns):
            self._fill()

    def _bar_width(self) -> int:
        taken = COLUMNS_WIDTH + (16 if self._other else 0) + (8 if self._has_boundary else 0)
        return max(5, min(24, (self.size.width - taken) // 2))

    def _cells(self, c: ClassScore, other: ClassScore | None, largest: float) -> list[Text]:
        from bddseg_tui.core.classes import CLASSES

        name = Text("██ ", style="rgb({},{},{})".format(*CLASSES[c.id].color))
        name.append(c.name, "default")
        cells = [Text(f"{c.id:>2}"), name] + [Text(percent(v), justify="right") for v in (c.iou, c.precision, c.recall)]
        cells.append(Text(share(c.percentage), justify="right"))
        if self._evaluation is not None and self._has_boundary:
            cells.append(Text(percent(self._evaluation.boundary[c.id]), justify="right"))
        if other is not None:
            delta = c.iou - other.iou if c.iou is not None and other.iou is not None else None
            shown = percentage_points(delta)
            cells += [
                Text(percent(other.iou), justify="right"),
                Text(shown, justify="right", style="green" if (delta or 0) > 0 else "red" if delta else ""),
            ]
        iou_bar = Text(bar(c.iou or 0.0, self._drawn_bar), style="#5aa9e6")
        # By the square root, or nothing but road, building and sky could be seen.
        return [*cells, iou_bar, Text(bar((c.percentage / largest) ** 0.5, self._drawn_bar), style="#f2b84b")]


def bar(part: float, width: int) -> str:
    """A bar of eighths; `part` is 0..1."""
    eighths = round(max(0.0, min(1.0, part)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)
