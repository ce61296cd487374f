"""A line chart in braille dots: several series of some thousand points, log scale, zoom, markers.

Half-blocks take the place of dots where a terminal has none. textual-plotext holds plotext at an old major version and
takes 840 ms for 50,000 points, textual-plot 560 ms and has no log axis. Here each dot column draws the range of its
points, found by slices, in a few milliseconds; rows that come out as they were are not sent to the terminal again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from typing import Protocol, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from bddseg_tui.tui.train.axis import YAxis, tick_labels, x_ticks, y_axis
from bddseg_tui.tui.train.dot_grid import DotGrid, braille, half_block, plot_series
from bddseg_tui.tui.train.legend_line import legend_line
from bddseg_tui.tui.train.line_color import line_color
from bddseg_tui.tui.train.plot import Plot, Series

LABEL = 6
"""Columns of the y axis' labels; one more is the axis."""
EVERY_ROWS, EVERY_COLUMNS = 3, 9
"""Distances of ticks, at least."""
FAR = 2
"""Rows from the end of a curve beyond which its letter would say nothing."""


class ChartApp(Protocol):
    """What charts ask of the app that they are in."""

    @property
    def braille(self) -> bool:
        """Whether the terminal shows dots of braille."""


class Chart(Widget):
    """Draws a `Plot`."""

    COMPONENT_CLASSES = {"chart--axis", "chart--title", "chart--marker"}

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plot = Plot("")
        self._lines: list[Strip] = []
        self._drawn_for: tuple[object, ...] = ()

    @property
    def plot(self) -> Plot:
        """What it shows."""
        return self._plot

    def show(self, plot: Plot) -> None:
        """Shows another plot; only the rows that differ are drawn again."""
        if plot == self._plot:
            return
        self._plot = plot
        before = self._lines
        if self._drawn_for != self._depends_on() or not before:
            self._drawn_for = ()
            self.refresh()
            return
        self._lines = self._draw()
        width, rows = self.size.width, range(max(len(before), len(self._lines)))
        changed = [Region(0, y, width, 1) for y in rows if before[y : y + 1] != self._lines[y : y + 1]]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One line of the chart."""
        if self._depends_on() != self._drawn_for:
            self._lines, self._drawn_for = self._draw(), self._depends_on()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width, self.rich_style)

    def _depends_on(self) -> tuple[object, ...]:
        """What lines depend on beside the plot."""
        return self.size, self.app.theme, cast(ChartApp, self.app).braille

    def _draw(self) -> list[Strip]:
        plot, style = self._plot, self.rich_style
        letters = max((len(s.letter) for s in plot.series), default=0)
        width, height = self.size.width - LABEL - 1 - letters - bool(letters), self.size.height - 3
        x0, x1 = plot.span or _span(plot.series)
        points = [_visible(s, x0, x1) for s in plot.series]
        axis = self._y_axis([ys for _, ys in points], height) if height > 2 else None
        lines = [self._title_line(axis, style)]
        if width < 10 or axis is None:
            gap = max(0, self.size.height // 2 - 1)
            lines += [Strip.blank(self.size.width, style)] * gap
            text = Segment(plot.empty.center(self.size.width), style + self._part("chart--axis"))
            return [*lines, Strip([text]).adjust_cell_length(self.size.width, style)]
        grid = DotGrid(width, height)
        for number, (xs, ys) in enumerate(points):
            plot_series(grid, xs, ys, (x0, x1), axis, number)
        lines += self._body(grid, axis, _end_letters(grid, axis, plot.series, points), style)
        return [*lines, *self._x_axis(width, x0, x1, style)]

    def _y_axis(self, curves: list[Sequence[float]], height: int) -> YAxis | None:
        plot = self._plot
        return y_axis(curves, max(2, height // EVERY_ROWS + 1), plot.log, plot.clip, plot.include)

    def _title_line(self, axis: YAxis | None, style: Style) -> Strip:
        parts = legend_line(self._plot, axis.beyond if axis else None, self.size.width)
        looks = {"title": self._part("chart--title"), "mark": self._part("chart--marker")}
        segments = [
            Segment(text, style + (looks[role] if isinstance(role, str) else self._color(role))) for text, role in parts
        ]
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def _body(self, grid: DotGrid, axis: YAxis, letters: dict[int, int], style: Style) -> list[Strip]:
        grey = style + self._part("chart--axis")
        series = self._plot.series
        styles = [style + self._color(number) for number in range(len(series))]
        labels = {
            grid.row_of(axis.share(tick)): label
            for tick, label in zip(axis.ticks, tick_labels(axis.ticks, self._plot.percent), strict=True)
        }
        shown = braille if cast(ChartApp, self.app).braille else half_block
        strips = []
        for y in range(grid.height):
            label = labels.get(y, "")
            segments = [Segment(f"{label:>{LABEL}}{'┤' if label else '│'}", grey)]
            cells = [
                (shown(bits), own) if bits else (" ", -1) for bits, own in zip(grid.bits[y], grid.owner[y], strict=True)
            ]
            if y == 0:
                for column, number in grid.beyond.items():
                    cells[column // 2] = ("↑", number)
            for own, run in groupby(cells, key=lambda cell: cell[1]):
                segments.append(Segment("".join(c for c, _ in run), styles[own] if own >= 0 else style))
            if y in letters:
                segments.append(Segment(f" {series[letters[y]].letter}", styles[letters[y]]))
            strips.append(Strip(segments).adjust_cell_length(self.size.width, style))
        return strips

    def _x_axis(self, width: int, x0: float, x1: float, style: Style) -> list[Strip]:
        axis, mark = style + self._part("chart--axis"), style + self._part("chart--marker")
        ticks, unit = x_ticks(x0, x1, max(2, width // EVERY_COLUMNS), self._plot.steps_an_epoch)

        def place(x: float) -> int:
            return min(width - 1, max(0, round((x - x0) / max(1e-9, x1 - x0) * (width - 1))))

        ruler, line = ["─"] * width, [" "] * (width + LABEL + 1)
        line[: len(unit)] = unit
        for x, label in ticks:
            ruler[place(x)] = "┬"
            start = max(len(unit) + 1, min(len(line) - len(label), LABEL + 1 + place(x) - len(label) // 2))
            if all(c == " " for c in line[start - 1 : start + len(label)]):
                line[start : start + len(label)] = label
        for x, _ in self._plot.markers:
            if x0 <= x <= x1:
                ruler[place(x)] = "▲"
        first = Strip([Segment(" " * LABEL + "└", axis), *(Segment(c, mark if c == "▲" else axis) for c in ruler)])
        second = Strip([Segment("".join(line), axis)])
        return [s.simplify().adjust_cell_length(self.size.width, style) for s in (first, second)]

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    def _color(self, number: int) -> Style:
        return Style(color=line_color(self._plot.series[number].color, self.app.current_theme.dark))


def _span(series: tuple[Series, ...]) -> tuple[float, float]:
    ends = [x for s in series if len(s.xs) for x in (s.xs[0], s.xs[-1])]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def _visible(series: Series, first: float, last: float) -> tuple[Sequence[float], Sequence[float]]:
    start, end = max(0, bisect_left(series.xs, first) - 1), bisect_right(series.xs, last) + 1
    return series.xs[start:end], series.ys[start:end]


def _end_letters(
    grid: DotGrid, axis: YAxis, series: Sequence[Series], points: Sequence[tuple[Sequence[float], Sequence[float]]]
) -> dict[int, int]:
    """By row, the number of the series whose letter stands there: where it ends, or beside that if there is room."""
    rows: dict[int, int] = {}
    for number, (s, (_, ys)) in enumerate(zip(series, points, strict=True)):
        last = next((y for y in reversed(ys) if y == y and (y > 0 or not axis.log)), None)
        free = [y for y in range(grid.height) if y not in rows]
        if s.letter and last is not None and free:
            wanted = grid.row_of(axis.share(last))
            nearest = min(free, key=lambda y: abs(y - wanted))
            if abs(nearest - wanted) <= FAR:
                rows[nearest] = number
    return rows
