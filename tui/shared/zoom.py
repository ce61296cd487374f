"""Where one sample is looked at: the part of it that is shown, and the pixel that the crosshair is on."""

from dataclasses import dataclass, replace

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pixel_classes import Area
from bddseg_tui.core.data.viewport import Pixel, Viewport, around, centred, moved, panned, zoomed


@dataclass(frozen=True)
class Zoom:
    """Changes of it give a new one; before the scan has told a sample's size there are none.

    Attributes:
        sample: its catalog id: another sample is shown whole.
        viewport: the part of it that is shown; None for all of it.
        cross: the pixel that was pointed at; where there is none, a zoomed picture has the crosshair in its middle.
        area: what was looked for and found last: its number from 0 on, of how many, and its pixels.
    """

    sample: int | None = None
    viewport: Viewport | None = None
    cross: Pixel | None = None
    area: tuple[int, int, int] | None = None

    def of(self, row: Row) -> "Zoom":
        """Where a sample is looked at."""
        return self if self.sample == row.id else Zoom(row.id)

    @property
    def crosshair(self) -> Pixel | None:
        """The pixel that the crosshair is on."""
        return self.cross or (self.viewport.centre if self.viewport else None)

    def nearer(self, row: Row, steps: int, at: Pixel | None = None) -> "Zoom":
        """Zoomed in or out by steps of two, around the crosshair or a pixel; 0 shows all of it."""
        if not (size := _size(row)) or steps == 0:
            return Zoom(row.id)
        now = self.of(row)
        viewport = zoomed(now.viewport, size, steps, at or now.cross)
        return replace(now, viewport=viewport, cross=(at or now.cross) if viewport else None)

    def panned(self, row: Row, right: int, down: int) -> "Zoom":
        """The part that is shown, moved by steps of a quarter of it; the crosshair is in its middle then."""
        now = self.of(row)
        if not (size := _size(row)) or now.viewport is None:
            return now
        return replace(now, viewport=panned(now.viewport, size, right, down), cross=None)

    def dragged(self, row: Row, right: int, down: int) -> "Zoom":
        """The part that is shown, moved by so many pixels of the sample."""
        now = self.of(row)
        if not (size := _size(row)) or now.viewport is None:
            return now
        viewport = moved(now.viewport, size, right, down)
        return replace(now, viewport=viewport, cross=now.cross if now.cross and viewport.holds(now.cross) else None)

    def pointed(self, row: Row, pixel: Pixel) -> "Zoom":
        """The crosshair on a pixel; where it is there already, away."""
        now = self.of(row)
        return replace(now, cross=None if now.cross == pixel else pixel)

    def looked_at(self, row: Row, found: tuple[Area, ...], by: int) -> "Zoom":
        """Zoomed to the next of the areas that were looked for, so that it fills the view."""
        now, size = self.of(row), _size(row) or (1, 1)
        last = now.area[0] if now.area is not None and now.area[1] == len(found) else (-1 if by > 0 else 0)
        number = (last + by) % len(found)
        area = found[number]
        viewport = around(area.box, size)
        if viewport is not None and not viewport.holds(area.pixel):
            viewport = centred(viewport, size, area.pixel)
        return Zoom(row.id, viewport, area.pixel, (number, len(found), area.count))


NOWHERE = Zoom()
"""Every sample is shown whole."""


def _size(row: Row) -> tuple[int, int] | None:
    return (row.width, row.height) if row.width and row.height else None
