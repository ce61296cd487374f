"""Where a class is in the frame: its heat map, in half cells, the brighter the more often."""

from collections.abc import Sequence

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Grid = Sequence[Sequence[float]]
_COLD, _WARM, _HOT = (20, 24, 32), (196, 74, 60), (255, 244, 190)
_SHAPE = 16 / 9
"""Width by height of a frame; a cell is twice as high as it is wide."""


class HeatMap(Widget):
    """Draws rows of values (0 and more), smoothed, in the shape of a frame; the largest value is the brightest."""

    DEFAULT_CSS = "HeatMap { width: 1fr; height: 1fr; }"
    ALLOW_SELECT = False

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._grid: Grid = ()
        self._strips: list[Strip] = []

    def show(self, grid: Grid) -> None:
        """Shows a heat map; none where there are no values."""
        self._grid = grid
        self._draw()

    def on_resize(self) -> None:
        """Draws for the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        columns = min(width, round(height * 2 * _SHAPE))
        lines = min(height, max(1, round(columns / _SHAPE / 2)))
        self._strips = []
        if self._grid and columns > 1:
            largest = max(value for row in self._grid for value in row) or 1.0
            size = columns, 2 * lines
            rows = [[_value(self._grid, x, y, size) / largest for x in range(columns)] for y in range(2 * lines)]
            left, top = (width - columns) // 2, (height - lines) // 2
            blank = Strip.blank(width, self.rich_style)
            self._strips = [blank] * top
            for y in range(lines):
                cells = [Segment("▀", _style(a, b)) for a, b in zip(rows[2 * y], rows[2 * y + 1], strict=True)]
                self._strips.append(Strip([Segment(" " * left, self.rich_style), *cells]))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of it."""
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self.rich_style)
        return self._strips[y].adjust_cell_length(self.size.width, self.rich_style)


def _value(grid: Grid, x: int, y: int, size: tuple[int, int]) -> float:
    """The value at a place of a picture of (columns, rows), between those of the grid."""
    columns, rows = size
    across = min(max((x + 0.5) * len(grid[0]) / columns - 0.5, 0.0), len(grid[0]) - 1.0)
    down = min(max((y + 0.5) * len(grid) / rows - 0.5, 0.0), len(grid) - 1.0)
    left, top = int(across), int(down)
    right, bottom = min(left + 1, len(grid[0]) - 1), min(top + 1, len(grid) - 1)
    a, b = across - left, down - top
    upper = grid[top][left] * (1 - a) + grid[top][right] * a
    lower = grid[bottom][left] * (1 - a) + grid[bottom][right] * a
    return upper * (1 - b) + lower * b


def _style(upper: float, lower: float) -> Style:
    return Style(color=Color.from_rgb(*_color(upper)), bgcolor=Color.from_rgb(*_color(lower)))


def _color(part: float) -> tuple[int, int, int]:
    """From dark over red to bright; in 32 steps, so that neighbours share a style."""
    part = round(min(1.0, max(0.0, part)) * 32) / 32
    first, last, share = (_COLD, _WARM, part * 2) if part < 0.5 else (_WARM, _HOT, part * 2 - 1)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, last, strict=True))
    return red, green, blue
