"""A matrix of actual against predicted as a heat map with a cursor: shares as numbers on colours."""

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from bddseg_tui.core.analysis.matrix import Matrix
from bddseg_tui.core.classes import CLASSES
from bddseg_tui.tui.evaluate.class_names import column_heads
from bddseg_tui.tui.evaluate.commands import HEATMAP
from bddseg_tui.tui.shared.commands import bindings

LABEL, SLIM_LABEL = 19, 16
"""Columns of the rows' names: with their colours, or without where cells would be too narrow."""
WIDEST = 14
TWO_LINES_FROM = 7
"""Columns of a cell from which on names of columns have two lines."""
_RIGHT, _WRONG = (46, 125, 80), (178, 82, 36)
"""Full colours of the diagonal and of all else; a share mixes them with the background."""


class Heatmap(ScrollView, can_focus=True):
    """Rows are actual classes, columns predicted ones; hjkl and the arrows move, Enter or a click opens a cell."""

    DEFAULT_CSS = "Heatmap { scrollbar-size: 1 1; }"
    ACTIONS = HEATMAP
    BINDINGS = bindings(HEATMAP)
    cell: reactive[tuple[int, int]] = reactive((0, 0))

    class Moved(Message):
        """The cursor is on another cell."""

    class Opened(Message):
        """A cell was clicked."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._matrix: Matrix | None = None

    def show(self, matrix: Matrix) -> None:
        """Shows a matrix; the cursor stays where it is, as far as it can."""
        self._matrix = matrix
        self.cell = (min(self.cell[0], len(matrix.rows) - 1), min(self.cell[1], len(matrix.columns) - 1))
        self._measure()
        self.refresh()

    def on_resize(self) -> None:
        """Fits the cells to the width."""
        self._measure()

    def _measure(self) -> None:
        if self._matrix is not None:
            width = self.label_width + self.cell_width * len(self._matrix.columns)
            self.virtual_size = Size(width, len(self._matrix.rows) + self.head)

    @property
    def label_width(self) -> int:
        """Columns that a row's name takes."""
        return LABEL if self._room(LABEL) >= 3 else SLIM_LABEL

    @property
    def cell_width(self) -> int:
        """Columns that a cell takes: at least three, and as many as the longest name needs where there is room."""
        return max(3, min(WIDEST, self._room(self.label_width)))

    def _room(self, label: int) -> int:
        # One is left for a scrollbar.
        return (self.size.width - label - 1) // (len(self._matrix.columns) if self._matrix else 20)

    @property
    def head(self) -> int:
        """Lines above the first row."""
        return 3 if self.cell_width >= TWO_LINES_FROM else 2

    # -- moving ----------------------------------------------------------------------------------------------

    def action_move(self, down: int, right: int) -> None:
        """Moves the cursor."""
        if self._matrix is not None:
            row, column = self.cell[0] + down, self.cell[1] + right
            self._go(max(0, min(row, len(self._matrix.rows) - 1)), max(0, min(column, len(self._matrix.columns) - 1)))

    def action_edge(self, way: int) -> None:
        """Moves the cursor to the first or last column."""
        if self._matrix is not None:
            self._go(self.cell[0], 0 if way < 0 else len(self._matrix.columns) - 1)

    def action_diagonal(self) -> None:
        """Moves the cursor to the diagonal, in its row."""
        self._go(self.cell[0], self.cell[0])

    def _go(self, row: int, column: int) -> None:
        self.cell = (row, column)
        left = self.label_width + column * self.cell_width
        self.scroll_to_region(Region(left, row + self.head, self.cell_width, 1), animate=False)

    def watch_cell(self) -> None:
        """Posts that the cursor has moved."""
        self.refresh()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Moves the cursor to the cell; a second click opens it."""
        if self._matrix is None:
            return
        x, y = event.x + self.scroll_offset.x - self.label_width, event.y + self.scroll_offset.y - self.head
        column = x // self.cell_width
        if x >= 0 and 0 <= y < len(self._matrix.rows) and column < len(self._matrix.columns):
            again = self.cell == (y, column)
            self._go(y, column)
            if again:
                self.post_message(self.Opened())

    # -- drawing ---------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of the matrix, below the names of the columns, which stay where they are."""
        base, matrix = self.rich_style, self._matrix
        head = self.head
        row = y + self.scroll_offset.y - head if y >= head else y - head
        if matrix is None or row >= len(matrix.rows):
            return Strip.blank(self.size.width, base)
        segments = self._header(matrix, base, y - head + 3) if row < 0 else self._cells(matrix, row, base)
        strip = Strip(segments)
        left = self.scroll_offset.x
        return strip.crop_extend(left, left + self.size.width, base)

    def _header(self, matrix: Matrix, base: Style, line: int) -> list[Segment]:
        """Lines 0 and 1 have names, line 2 has numbers."""
        width = self.cell_width
        corner = ("", "   predicted →", "actual ↓")[line].ljust(self.label_width)
        segments = [Segment(corner, base + Style(dim=True))]
        for number, class_name in enumerate(matrix.columns):
            heads = column_heads(class_name, width - 1)
            name = heads[line] if line < len(heads) else f"{number}" if number < len(matrix.rows) else ""
            style = Style(bold=True, underline=line == 2) if number == self.cell[1] else Style(dim=line == 2)
            segments.append(Segment(" " + name.rjust(width - 1), base + style))
        return segments

    def _cells(self, matrix: Matrix, row: int, base: Style) -> list[Segment]:
        chosen = row == self.cell[0]
        label, named = f"{row:>2} {matrix.rows[row]}", base + (Style(bold=True, underline=True) if chosen else Style())
        swatch = base + Style(color="rgb({},{},{})".format(*CLASSES[row].color))
        segments = [Segment("██ ", swatch)] if self.label_width == LABEL else []
        room = self.label_width - (3 if segments else 0)
        segments.append(Segment(label[:room].ljust(room), named))
        background = base.bgcolor.triplet if base.bgcolor else None
        ground = tuple(background) if background else (0, 0, 0)
        for column, (count, share) in enumerate(zip(matrix.counts[row], matrix.shares[row], strict=True)):
            full = _RIGHT if row == column else _WRONG
            # By the square root: half a percent of road taken for a car matters, and would not be seen.
            part = share**0.5
            mixed = [round(g + (f - g) * part) for g, f in zip(ground, full, strict=True)]
            text_color = ("black" if _is_bright(mixed) else "white") if part > 0.2 else None
            style = base + Style(bgcolor="rgb({},{},{})".format(*mixed), color=text_color, dim=not count or None)
            if chosen and column == self.cell[1]:
                style = base + Style(reverse=True, bold=True)
            segments.append(Segment(_shown(count, share).rjust(self.cell_width), style))
        return segments


def _is_bright(color: list[int]) -> bool:
    """Whether black can be read better on it than white."""
    red, green, blue = color
    return 0.299 * red + 0.587 * green + 0.114 * blue > 130


def _shown(count: int, share: float) -> str:
    """A share as whole percent; a dot where there is nothing at all."""
    if not count:
        return "·"
    return "<1" if share < 0.01 else f"{100 * share:.0f}"
