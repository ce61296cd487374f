"""The per-class table of an evaluation: sortable by any column, with bars of IoU against percentage."""

from rich.text import Text
from textual import on
from textual.widgets import DataTable

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.history import ClassScore
from bddseg_tui.tui.evaluate.evaluation_text import changed
from bddseg_tui.tui.evaluate.score_table import fill_table
from bddseg_tui.tui.shared.bar import bar
from bddseg_tui.tui.shared.commands import TABLE, bindings
from bddseg_tui.tui.shared.format import percent, share

COLUMNS = ("id", "class", "IoU", "prec.", "recall", "% px")
BARS = ("IoU", "share")
SORTS = ("id", "Δ IoU", "IoU", "prec.", "recall", "% px", "bound.", "other", "class")
"""In which order `s` goes through the columns."""
WIDE = 92
"""Columns from which on boundary IoU is shown too."""
COLUMNS_WIDTH = 60
"""Terminal columns that the numbers take; what is left is shared by the two bars."""
SLIM = 54
"""Columns below which there is room for no ids, and for precision and recall only where nothing is compared."""
LEAST_BAR = 4


class ClassTable(DataTable[Text]):
    """Shows one evaluation, or two side by side with their difference; it posts `RowHighlighted` for each new one."""

    ACTIONS = TABLE
    BINDINGS = bindings(TABLE)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, cursor_type="row", cell_padding=1, cursor_foreground_priority="renderable")
        self._evaluation: Evaluation | None = None
        self._other: Evaluation | None = None
        self._sort = "id"
        self._descending = False
        self._rows: list[ClassScore] = []
        self._drawn: tuple[int, list[str]] = (0, [])

    def show(self, evaluation: Evaluation | None, other: Evaluation | None = None) -> None:
        """Shows an evaluation; `other` is compared with it."""
        self._evaluation, self._other = evaluation, other
        self._fill()

    def sort_next(self) -> None:
        """Sorts by the next column, with the cursor on the first row: what is worst, or was lost, comes first."""
        order = [name for name in SORTS if name in ("id", *self._columns())]
        self._sort_by(order[(order.index(self._sort) + 1) % len(order)] if self._sort in order else "id")

    def reverse(self) -> None:
        """Turns the order round."""
        self._descending = not self._descending
        self._fill(at_top=True)

    def _sort_by(self, column: str) -> None:
        self._sort, self._descending = column, column == "% px"
        self._fill(at_top=True)

    @on(DataTable.HeaderSelected)
    def _header(self, event: DataTable.HeaderSelected) -> None:
        columns = self._columns()
        if event.column_index < len(columns):
            clicked = columns[event.column_index]
            if clicked == self._sort:
                self.reverse()
            else:
                self._sort_by(clicked)

    @property
    def highlighted_class(self) -> ClassScore | None:
        """The class under the cursor."""
        return self._rows[self.cursor_row] if 0 <= self.cursor_row < len(self._rows) else None

    def _columns(self) -> list[str]:
        """The columns that can be sorted by; two of bars stand behind them."""
        compared = ["other", "Δ IoU"] if self._other else []
        if self.size.width < SLIM:
            return ["class", "IoU", *(compared or ["prec.", "recall"]), "% px"]
        boundary = ["bound."] if self._has_boundary else []
        return [*COLUMNS, *boundary, *compared]

    @property
    def _has_boundary(self) -> bool:
        return self._evaluation is not None and any(self._evaluation.boundary) and self.size.width >= WIDE

    def _fill(self, at_top: bool = False) -> None:
        before, columns = self.highlighted_class, self._columns()
        self._drawn = self._bar_width(), columns
        self.clear(columns=True)
        if self._evaluation is None:
            self._rows = []
            return
        if self._sort not in ("id", *columns):
            self._sort, self._descending = "id", False
        heads = []
        for name in columns:
            arrow = (" ↓" if self._descending else " ↑") if name == self._sort else ""
            heads.append(Text(name + arrow, justify="left" if name in ("id", "class") else "right"))
        heads += [Text(name) for name in BARS if self._drawn[0]]
        others = {c.id: c for c in self._other.classes} if self._other else {}
        self._rows = rows = sorted(self._evaluation.classes, key=lambda c: self._key(c, others.get(c.id)))
        largest = max((c.percentage for c in rows), default=1.0) or 1.0
        fill_table(self, heads, [self._cells(c, others.get(c.id), largest) for c in rows])
        ids = [c.id for c in rows]
        self.move_cursor(row=ids.index(before.id) if before and not at_top and before.id in ids else 0)

    def _key(self, c: ClassScore, other: ClassScore | None) -> tuple[bool, float, float, int]:
        """Undefined values come last, whichever way it is sorted; of equal ones the class with most pixels is first."""
        value: float | None = float(c.id)
        match self._sort:
            case "class":
                value = float(sorted(each.name for each in CLASSES).index(c.name))
            case "IoU":
                value = c.iou
            case "prec.":
                value = c.precision
            case "recall":
                value = c.recall
            case "% px":
                value = c.percentage
            case "bound.":
                value = self._evaluation.boundary[c.id] if self._evaluation else None
            case "other":
                value = other.iou if other else None
            case "Δ IoU":
                value = _change(c, other)
        shown = 0.0 if value is None else round(-value if self._descending else value, 6)
        return value is None, shown, -c.percentage, c.id

    def on_resize(self) -> None:
        """Fills the table anew where its bars or names have another width."""
        if (self._bar_width(), self._columns()) != self._drawn:
            self._fill()

    def _bar_width(self) -> int:
        """Columns of each bar; 0 where there is no room for them."""
        taken = COLUMNS_WIDTH + (16 if self._other else 0) + (8 if self._has_boundary else 0)
        width = min(24, (self.size.width - taken) // 2 + 1)
        return width if width >= LEAST_BAR else 0

    def _cells(self, c: ClassScore, other: ClassScore | None, largest: float) -> list[Text]:
        width, columns = self._drawn
        theme, boundary = self.app.current_theme, self._evaluation.boundary[c.id] if self._evaluation else None
        name = Text.assemble(("██", "rgb({},{},{})".format(*CLASSES[c.id].color)), " ")
        name.append(c.name, "" if c.iou is not None else "dim")
        cells = {"id": Text(f"{c.id:>2}"), "class": name, "Δ IoU": changed(_change(c, other), theme)}
        figures = {"IoU": c.iou, "prec.": c.precision, "recall": c.recall, "bound.": boundary}
        figures["other"] = other.iou if other else None
        cells |= {column: Text(percent(value), justify="right") for column, value in figures.items()}
        cells["% px"] = Text(share(c.percentage), justify="right")
        bars = [
            Text(bar(c.iou or 0.0, width), style=theme.primary),
            Text(bar(c.percentage / largest, width), style=theme.accent or theme.primary),
        ]
        return [cells[column] for column in columns] + (bars if width else [])


def _change(c: ClassScore, other: ClassScore | None) -> float | None:
    """How much an IoU (0..1) is higher than the other one."""
    return c.iou - other.iou if other and c.iou is not None and other.iou is not None else None
