"""IoU against the share of pixels, a mark for each class: which classes are found badly for being rare."""

import math
from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.history import ClassScore

LEAST_SHARE = 0.01
"""Percent of the pixels, at the left end; what is rarer stands there too."""
SHARES = (0.01, 0.1, 1.0, 10.0, 100.0)
AXIS = 5
"""Columns of the figures of IoU, with their line."""
LEAST_LINES = 8


class SharePlot(Static, can_focus=True):
    """Shares are on a logarithmic axis, IoU on a linear one."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__("", id=id)
        self._scores: Sequence[ClassScore] = ()
        self._chosen: int | None = None

    def show(self, classes: Sequence[ClassScore], chosen: int | None = None) -> None:
        """Shows the classes that occur; the chosen one stands out."""
        self._scores, self._chosen = classes, chosen
        self._draw()

    def on_resize(self) -> None:
        """Draws for the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        there = self._scores and width > 3 * AXIS and height >= LEAST_LINES
        self.update(share_plot(self._scores, width, height, self._chosen) if there else "", layout=False)


def share_plot(classes: Sequence[ClassScore], width: int, height: int, chosen: int | None = None) -> Text:
    """The plot in `width` columns and `height` lines: marks with names, or ids where a name would hide a mark."""
    columns, rows = width - AXIS, height - 2
    marks = {c.id: place for c in classes if (place := _place(c, columns, rows)) is not None}
    grid = [[(" ", "")] * columns for _ in range(rows)]
    taken = [[False] * columns for _ in range(rows)]
    for row, column in marks.values():
        taken[row][column] = True
    # The chosen class first: it has its name whatever becomes of the others.
    for class_id in sorted(marks, key=lambda i: i != chosen):
        row, column = marks[class_id]
        style = "reverse bold" if class_id == chosen else ""
        grid[row][column] = ("●", "rgb({},{},{})".format(*CLASSES[class_id].color))
        _write(grid[row], taken[row], column, CLASSES[class_id].name, str(class_id), style)
    return _framed(grid, columns, rows)


def _place(c: ClassScore, columns: int, rows: int) -> tuple[int, int] | None:
    """(line, column) of a class; None where it has no IoU or does not occur."""
    if c.iou is None or not c.percentage:
        return None
    across = math.log10(max(c.percentage, LEAST_SHARE) / LEAST_SHARE) / math.log10(SHARES[-1] / LEAST_SHARE)
    return round((1 - c.iou) * (rows - 1)), round(across * (columns - 1))


def _write(line: list[tuple[str, str]], taken: list[bool], column: int, name: str, class_id: str, style: str) -> None:
    """Writes a name beside its mark, or the class's id where the name does not fit."""
    for label in (name, class_id):
        for start in (column + 2, column - 1 - len(label)):
            spot = range(start, start + len(label))
            around = range(max(0, start - 1), min(len(line), spot.stop + 1))
            if spot.start >= 0 and spot.stop <= len(line) and not any(taken[x] for x in around if x != column):
                for x, letter in zip(spot, label, strict=True):
                    line[x], taken[x] = (letter, style), True
                return


def _framed(grid: list[list[tuple[str, str]]], columns: int, rows: int) -> Text:
    text = Text(no_wrap=True)
    figures = {round((1 - value / 100) * (rows - 1)): value for value in (100, 75, 50, 25, 0)}
    for number, line in enumerate(grid):
        text.append(f"{figures[number]:>3} ┤" if number in figures else "    │", "dim")
        for letter, style in line:
            text.append(letter, style)
        text.append("\n")
    ticks, labels = ["─"] * columns, [" "] * (columns + 6)
    for value in SHARES:
        at = round(math.log10(value / LEAST_SHARE) / math.log10(SHARES[-1] / LEAST_SHARE) * (columns - 1))
        ticks[at] = "┬"
        words = f"{value:g}"
        start = min(at, columns - len(words))
        labels[start : start + len(words)] = words
    text.append("    └" + "".join(ticks) + "\n", "dim")
    text.append("IoU  " + "".join(labels).rstrip(), "dim")
    return text
