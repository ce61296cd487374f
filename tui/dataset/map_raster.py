"""The part of a map in sight as dots, and which group each cell is of; numpy, since there may be 100,000 points."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint8)
"""Bits of a braille cell's dots, [4 rows, 2 columns]."""
MOST_ZOOM = 256.0
FEW = 3_000
"""Fewer points than these in sight are drawn larger."""
Box = tuple[float, float, float, float]
"""left, top, right, bottom of the map, 0..1."""


@dataclass(frozen=True)
class MapWindow:
    """What is in sight: the middle (0..1 of the map), the zoom (1: all of it), and the size in cells.

    The whole map fills the window, whose shape it takes: of an embedding, neither direction means anything by itself. A
    cell is two dots wide and four high.
    """

    columns: int
    rows: int
    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0

    @property
    def _cells(self) -> tuple[float, float]:
        """Cells to the width and to the height of the whole map."""
        return self.columns * self.zoom, self.rows * self.zoom

    def at(self, column: float, row: float) -> tuple[float, float]:
        """The place on the map of a point in cells, from the window's top left corner."""
        across, down = self._cells
        return self.x + (column - self.columns / 2) / across, self.y + (row - self.rows / 2) / down

    def cells(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(columns, rows) of places, in parts of cells; they may be out of sight."""
        across, down = self._cells
        return (x - self.x) * across + self.columns / 2, (y - self.y) * down + self.rows / 2

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """(column, row) of the cell over a place, which may be out of sight."""
        across, down = self._cells
        column, row = (x - self.x) * across + self.columns / 2, (y - self.y) * down + self.rows / 2
        return int(np.floor(column)), int(np.floor(row))

    def box(self, first: tuple[int, int], last: tuple[int, int]) -> Box:
        """The part of the map that two cells and all between them cover."""
        (c0, c1), (r0, r1) = sorted((first[0], last[0])), sorted((first[1], last[1]))
        left, top = self.at(c0, r0)
        right, bottom = self.at(c1 + 1, r1 + 1)
        return max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom)

    def zoomed(self, factor: float, about: tuple[float, float]) -> "MapWindow":
        """Nearer or farther; the place `about` stays where it is in the window."""
        zoom = min(MOST_ZOOM, max(1.0, self.zoom * factor))
        if zoom == 1.0:
            return replace(self, x=0.5, y=0.5, zoom=1.0)
        kept = self.zoom / zoom
        x, y = about[0] + (self.x - about[0]) * kept, about[1] + (self.y - about[1]) * kept
        return replace(self, zoom=zoom)._over(x, y)

    def panned(self, columns: int, rows: int) -> "MapWindow":
        """So many cells further to the right and down."""
        across, down = self._cells
        return self._over(self.x + columns / across, self.y + rows / down)

    def resized(self, columns: int, rows: int) -> "MapWindow":
        """The same middle in another size."""
        return replace(self, columns=columns, rows=rows)

    def _over(self, x: float, y: float) -> "MapWindow":
        return replace(self, x=min(1.0, max(0.0, x)), y=min(1.0, max(0.0, y)))


@dataclass(frozen=True, eq=False)
class MapRaster:
    """By cell [rows, columns]: bits of the dots, uint8; the group that has most points there, int64, -1 for none."""

    bits: NDArray[np.uint8]
    groups: NDArray[np.int64]


def rasterise(
    places: NDArray[np.float32], groups: NDArray[np.int64], count: int, window: MapWindow, only: int | None = None
) -> MapRaster:
    """Points (float32 [n, 2]) of `count` groups (int64 [n]) as they lie in a window.

    With `only`, a cell in which that group has a point is its own, whatever else is there.
    """
    columns, rows = window.columns, window.rows
    across, down = window.cells(places[:, 0], places[:, 1])
    seen = np.flatnonzero((across >= 0) & (across < columns) & (down >= 0) & (down < rows))
    # What is in sight is not below 0, where rounding towards it would go the other way.
    dot_x, dot_y = (2 * across[seen]).astype(np.int32), (4 * down[seen]).astype(np.int32)
    groups = groups[seen]
    dots = np.zeros((4 * rows, 2 * columns), np.uint8)
    dots[dot_y, dot_x] = 1
    if len(dot_x) < FEW:
        # A dot alone is easily overlooked.
        dots[dot_y ^ 1, dot_x] = dots[dot_y, dot_x ^ 1] = dots[dot_y ^ 1, dot_x ^ 1] = 1
    bits = (dots.reshape(rows, 4, columns, 2) * DOT_BITS[:, None, :]).sum(axis=(1, 3), dtype=np.uint8)
    cells = (dot_y // 4) * columns + dot_x // 2
    sizes = np.bincount(cells * count + groups, minlength=rows * columns * count).reshape(rows, columns, count)
    if only is not None:
        sizes[..., only] *= len(places) + 1
    owner = np.where(sizes.any(axis=2), sizes.argmax(axis=2), -1)
    return MapRaster(bits, owner)
