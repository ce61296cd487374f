"""Curves as dots of braille, or of half-blocks where a terminal has none."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from bddseg_tui.tui.train.axis import YAxis

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_UPPER, _LOWER = 0x1B, 0xE4
_DOTS = tuple(
    tuple(tuple(sum(_BITS[3 - dot][side] for dot in range(low, high + 1)) for high in range(4)) for low in range(4))
    for side in (0, 1)
)
"""The bits of the dots low..high (from the bottom) of a cell's left or right column."""


@dataclass
class DotGrid:
    """Dots of the plot area, by cell: bits and the series that drew last.

    `beyond` are the dot columns in which a series goes out above, and the number of that series.
    """

    width: int
    height: int
    bits: list[list[int]] = field(default_factory=list)
    owner: list[list[int]] = field(default_factory=list)
    beyond: dict[int, int] = field(default_factory=dict)

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

    def row_of(self, share: float) -> int:
        """The row of cells, from the top, that a share of the height lies in."""
        return self.height - 1 - min(self.height - 1, max(0, round(share * (self.height * 4 - 1)) // 4))


def braille(bits: int) -> str:
    """A cell's dots."""
    return chr(0x2800 + bits)


def half_block(bits: int) -> str:
    """Of a Linux console's 256 characters, those that tell most of what the dots do."""
    return ("█" if bits & _LOWER else "▀") if bits & _UPPER else "▄"


def plot_series(
    grid: DotGrid, xs: Sequence[float], ys: Sequence[float], span: tuple[float, float], axis: YAxis, number: int
) -> None:
    """Draws one series; where dots are fewer than points, a column from the least to the largest of its points.

    Values beyond the axis are marked and not drawn: a line to them would say nothing but that it is vertical.

    Args:
        grid: what is drawn into.
        xs: ascending.
        ys: as many; NaN is a gap, and so is what a logarithm is not defined for.
        span: the least and the largest x that is shown.
        axis: of y.
        number: of the series, for its colour.
    """
    dots_x, dots_y = grid.width * 2, grid.height * 4
    x0, x1 = span
    scale = (dots_x - 1) / max(1e-9, x1 - x0)

    def dot(value: float) -> int:
        return round(axis.share(value) * (dots_y - 1))

    if len(xs) <= dots_x:
        previous: tuple[int, int] | None = None
        for x, y in zip(xs, ys, strict=True):
            column = round((x - x0) * scale)
            if y > axis.end and 0 <= column < dots_x:
                grid.beyond[column] = number
            if y != y or (axis.log and y <= 0) or y > axis.end:
                previous = None
                continue
            here = column, dot(y)
            _line(grid, previous or here, here, dots_x, number)
            if len(xs) == 1:
                # A dot alone is easily overlooked.
                _line(grid, (column + 1, here[1]), (column + 1, here[1] + 1), dots_x, number)
            previous = here
        return
    last: int | None = None
    start = 0
    for column in range(dots_x):
        end = bisect_right(xs, x0 + (column + 0.5) / scale, start)
        known = [y for y in ys[start:end] if y == y and (y > 0 or not axis.log)]
        start = end
        some = [y for y in known if y <= axis.end]
        if len(some) < len(known):
            grid.beyond[column] = number
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
