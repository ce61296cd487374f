"""A line chart in braille dots: several series of some thousand points, log scale, zoom, markers.

Half-blocks take the place of dots where a terminal has none. textual-plotext holds plotext at an old major version and
takes 840 ms for 50,000 points, textual-plot 560 ms and has no log axis. Here each dot column draws the range of its
points, found by slices, in a few milliseconds; rows that come out as they were are not sent to the terminal again.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_UPPER, _LOWER = 0x1B, 0xE4
_DOTS = tuple(
    tuple(tuple(sum(_BITS[3 - dot][side] for dot in range(low, high + 1)) for high in range(4)) for low in range(4))
    for side in (0, 1)
)
"""The bits of the dots low..high (from the bottom) of a cell's left or right column."""
AXIS = 9
"""Columns of the y axis with its labels."""


class ChartApp(Protocol):
    """What charts ask of the app that they are in."""

    @property
    def braille(self) -> bool:
        """Whether the terminal shows dots of braille."""


@dataclass(frozen=True)
class Series:
    """A curve: ascending x, y with NaN for gaps, its colour, and a letter that tells it without colour.

    `last` is its newest value, which may be out of sight.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    color: str
    letter: str = ""
    last: float | None = None


@dataclass(frozen=True)
class Plot:
    """What a chart shows: series, marked x positions with labels, titles of the axes.

    `span` is the part of the x axis that is in sight; all of it if left out.
    """

    title: str
    series: tuple[Series, ...] = ()
    markers: tuple[tuple[float, str], ...] = ()
    x_label: str = "step"
    log: bool = False
    span: tuple[float, float] | None = None
    empty: str = "nothing to draw yet"
    percent: bool = False


@dataclass
class DotGrid:
    """Dots of the plot area, by cell: bits and the series that drew last."""

    width: int
    height: int
    bits: list[list[int]] = field(default_factory=list)
    owner: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bits = [[0] * self.width for _ in range(self.height)]
        self.owner = [[-1] * self.width for _ in range(self.height)]

    def column(self, x: int, low: int, high: int, series: int) -> None:
        """Sets the dots low..high (from the bottom) of dot column x."""
        low, high, column = max(0, low), min(self.height * 4 - 1, high), x // 2
        if low > high:
            return
        for cell in range(low // 4, high // 4 + 1):
            row = self.height - 1 - cell
            if self.owner[row][column] != series:
                # A cell has one colour: dots of the curve behind would thicken this one.
                self.bits[row][column], self.owner[row][column] = 0, series
            self.bits[row][column] |= _DOTS[x % 2][max(low - 4 * cell, 0)][min(high - 4 * cell, 3)]


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
        width, height = self.size.width - AXIS - 1, self.size.height - 3
        lines = [self._title_line(style)]
        x0, x1 = plot.span or _span(plot.series)
        points = [_visible(s, x0, x1) for s in plot.series]
        values = [v for _, ys in points for v in ys if v == v and (v > 0 or not plot.log)]
        if width < 10 or height < 3 or not values:
            text = plot.empty.center(self.size.width)
            gap = max(0, self.size.height // 2 - 1)
            lines += [Strip.blank(self.size.width, style)] * gap
            return [
                *lines,
                Strip([Segment(text, style + self._part("chart--axis"))]).adjust_cell_length(self.size.width, style),
            ]
        low, high = _limits(values, plot.log)
        grid = DotGrid(width, height)
        for number, (xs, ys) in enumerate(points):
            plot_series(grid, xs, ys, (x0, x1), (low, high), plot.log, number)
        lines += self._body(grid, low, high, style)
        return [*lines, *self._x_axis(width, x0, x1, style)]

    def _title_line(self, style: Style) -> Strip:
        plot = self._plot
        segments = [Segment(f" {plot.title}{' (log)' if plot.log else ''}  ", style + self._part("chart--title"))]
        for s in plot.series:
            shown = f" {short_number(s.last, plot.percent)}" if s.last is not None else ""
            segments.append(Segment(f" {s.letter or '•'} {s.name}{shown} ", style + Style(color=s.color)))
        for _, label in plot.markers:
            segments.append(Segment(f" ▲ {label}", style + self._part("chart--marker")))
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def _body(self, grid: DotGrid, low: float, high: float, style: Style) -> list[Strip]:
        axis = style + self._part("chart--axis")
        styles = [style + Style(color=s.color) for s in self._plot.series]
        labelled = {round(i * (grid.height - 1) / max(1, min(4, grid.height - 1))) for i in range(min(5, grid.height))}
        shown = _braille if cast(ChartApp, self.app).braille else _half_block
        strips = []
        for y in range(grid.height):
            label = ""
            if y in labelled:
                share = 1 - y / max(1, grid.height - 1)
                label = short_number(_at(low, high, share, self._plot.log), self._plot.percent)
            segments = [Segment(f"{label:>{AXIS - 1}}{'┤' if label else '│'}", axis)]
            run, owner = "", -2
            for bits, own in zip(grid.bits[y], grid.owner[y], strict=True):
                own = own if bits else -1
                if own != owner and run:
                    segments.append(Segment(run, styles[owner] if owner >= 0 else style))
                    run = ""
                owner = own
                run += shown(bits) if bits else " "
            segments.append(Segment(run, styles[owner] if owner >= 0 else style))
            strips.append(Strip(segments).adjust_cell_length(self.size.width, style))
        return strips

    def _x_axis(self, width: int, x0: float, x1: float, style: Style) -> list[Strip]:
        axis, mark = style + self._part("chart--axis"), style + self._part("chart--marker")
        ruler = ["─"] * width
        for x, _ in self._plot.markers:
            if x0 <= x <= x1:
                place = min(width - 1, int((x - x0) / max(1e-9, x1 - x0) * (width - 1)))
                ruler[place] = "▲"
        line = [" "] * width
        for place, text in ((0, f"{x0:.0f}"), (width - 1, f"{self._plot.x_label} {x1:.0f}")):
            start = max(0, min(place, width - len(text)))
            line[start : start + len(text)] = text
        first = Strip([Segment(" " * (AXIS - 1) + "└", axis), *(Segment(c, mark if c == "▲" else axis) for c in ruler)])
        second = Strip([Segment(" " * AXIS, axis), Segment("".join(line), axis)])
        return [s.adjust_cell_length(self.size.width, style) for s in (first, second)]

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)


def _braille(bits: int) -> str:
    return chr(0x2800 + bits)


def _half_block(bits: int) -> str:
    """Of a Linux console's 256 characters, those that tell most of what the dots do."""
    return ("█" if bits & _LOWER else "▀") if bits & _UPPER else "▄"


def _span(series: Sequence[Series]) -> tuple[float, float]:
    ends = [x for s in series if len(s.xs) for x in (s.xs[0], s.xs[-1])]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def _visible(series: Series, first: float, last: float) -> tuple[Sequence[float], Sequence[float]]:
    start, end = max(0, bisect_left(series.xs, first) - 1), bisect_right(series.xs, last) + 1
    return series.xs[start:end], series.ys[start:end]


def _limits(values: list[float], log: bool) -> tuple[float, float]:
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    if not log and len(ordered) > 50:
        # One spike at the start must not flatten the rest; it runs out of the top.
        high = max(ordered[int(0.995 * (len(ordered) - 1))], ordered[len(ordered) // 2] * 1.2)
    if low == high:
        low, high = (low * 0.5, high * 2) if log else (low - 0.5, high + 0.5)
    if not log:
        pad = 0.04 * (high - low)
        low, high = max(0.0, low - pad) if low >= 0 else low - pad, high + pad
    return low, high


def plot_series(
    grid: DotGrid,
    xs: Sequence[float],
    ys: Sequence[float],
    span: tuple[float, float],
    limits: tuple[float, float],
    log: bool,
    number: int,
) -> None:
    """Draws one series; where dots are fewer than points, a column from the least to the largest of its points.

    Args:
        grid: what is drawn into.
        xs: ascending.
        ys: as many; NaN is a gap, and so is what a logarithm is not defined for.
        span: the least and the largest x that is shown.
        limits: the same of y.
        log: whether y is drawn by its logarithm.
        number: of the series, for its colour.
    """
    dots_x, dots_y = grid.width * 2, grid.height * 4
    x0, x1 = span
    scale = (dots_x - 1) / max(1e-9, x1 - x0)

    def dot(value: float) -> int:
        return round(_share(value, *limits, log) * (dots_y - 1))

    if len(xs) <= dots_x:
        previous: tuple[int, int] | None = None
        for x, y in zip(xs, ys, strict=True):
            if y != y or (log and y <= 0):
                previous = None
                continue
            here = round((x - x0) * scale), dot(y)
            _line(grid, previous or here, here, dots_x, number)
            previous = here
        return
    last: int | None = None
    start = 0
    for column in range(dots_x):
        end = bisect_right(xs, x0 + (column + 0.5) / scale, start)
        some = [y for y in ys[start:end] if y == y and (y > 0 or not log)]
        start = end
        if not some:
            continue
        low, high = dot(min(some)), dot(max(some))
        if last is not None:
            low, high = min(low, last + 1 if last < low else low), max(high, last - 1 if last > high else high)
        grid.column(column, low, high, number)
        last = dot(some[-1])


def _line(grid: DotGrid, a: tuple[int, int], b: tuple[int, int], dots_x: int, number: int) -> None:
    """A line between two dots, column by column."""
    (ax, ay), (bx, by) = a, b
    if bx == ax:
        if 0 <= ax < dots_x:
            grid.column(ax, min(ay, by), max(ay, by), number)
        return
    slope = (by - ay) / (bx - ax)
    for x in range(max(0, ax), min(dots_x - 1, bx) + 1):
        y0, y1 = ay + slope * (x - ax - 0.5), ay + slope * (x - ax + 0.5)
        low, high = sorted((max(min(y0, max(ay, by)), min(ay, by)), max(min(y1, max(ay, by)), min(ay, by))))
        grid.column(x, round(low), round(high), number)


def _share(value: float, low: float, high: float, log: bool) -> float:
    if log:
        return (math.log(value) - math.log(low)) / max(1e-12, math.log(high) - math.log(low))
    return (value - low) / max(1e-12, high - low)


def _at(low: float, high: float, share: float, log: bool) -> float:
    return math.exp(math.log(low) + share * (math.log(high) - math.log(low))) if log else low + share * (high - low)


def short_number(value: float, percent: bool = False) -> str:
    """A number of few digits, for axes and legends; with `percent` a fraction in percent."""
    if percent:
        return f"{100 * value:.1f}"
    size = abs(value)
    if size and (size < 1e-3 or size >= 1e6):
        return f"{value:.1e}"
    if value == int(value) and size < 1e6:
        return f"{int(value)}"
    return f"{value:.4f}" if size < 1 else f"{value:.3f}" if size < 10 else f"{value:.1f}"
