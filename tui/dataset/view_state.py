"""How the Dataset pane shows samples."""

from dataclasses import dataclass, replace

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import VIEWS, PictureRequest, View
from bddseg_tui.core.data.pixel_classes import Area
from bddseg_tui.core.data.viewport import Pixel, Viewport, around, centred, moved, panned, zoomed


@dataclass(frozen=True)
class Zoom:
    """Where one sample is looked at.

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

    @property
    def crosshair(self) -> Pixel | None:
        """The pixel that the crosshair is on."""
        return self.cross or (self.viewport.centre if self.viewport else None)


@dataclass(frozen=True)
class ViewState:
    """How samples are shown; stays from sample to sample, but for `zoom`.

    Attributes:
        view: what is seen of them.
        opacity: of the overlay, 0..1.
        contours: whether the overlay has borders instead of areas.
        highlight: a class id, or None.
        zoom: where one of them is looked at.
        before: the view that the outcomes of a class are seen instead of.
    """

    view: View = "image"
    opacity: float = 0.5
    contours: bool = False
    highlight: int | None = None
    zoom: Zoom = Zoom()
    before: View = "image"

    def after(self, evaluated: bool) -> "ViewState":
        """The next view, of those that there are with predictions or without."""
        there = VIEWS if evaluated else [v for v in VIEWS if v not in ("prediction", "error")]
        now = there.index(self.view) if self.view in there else -1
        return replace(self, view=there[(now + 1) % len(there)])

    def more_opaque(self, by: float) -> "ViewState":
        """The overlay, stronger or weaker."""
        opacity = round(min(1.0, max(0.0, self.opacity + by)), 2)
        return replace(self, view="overlay", contours=False, opacity=opacity)

    def with_contours(self) -> "ViewState":
        """The overlay with borders instead of areas; where it has those, with areas."""
        return replace(self, view="overlay", contours=self.view != "overlay" or not self.contours)

    def flicked(self, row: Row | None) -> "ViewState":
        """What became of the highlighted class, or the view before; without one, of the first class of the sample."""
        if self.view == "outcome":
            return replace(self, view=self.before)
        chosen = self if self.highlight is not None else self.next_class(row, 1)
        return replace(chosen, view="outcome", before=self.view)

    def next_class(self, row: Row | None, by: int) -> "ViewState":
        """Another class highlighted, of those that the sample shows; none before the first and after the last."""
        there = [i for i in range(NUM_CLASSES) if row and row.share(i)] or list(range(NUM_CLASSES))
        if self.highlight not in there:
            return replace(self, highlight=there[0 if by > 0 else -1])
        place = there.index(self.highlight) + by
        return replace(self, highlight=there[place] if 0 <= place < len(there) else None)

    # -- where a sample is looked at: not before the scan has told its size ----------------------------------

    def zoom_of(self, row: Row) -> Zoom:
        """Where a sample is looked at."""
        return self.zoom if self.zoom.sample == row.id else Zoom(row.id)

    def nearer(self, row: Row | None, steps: int, at: Pixel | None = None) -> "ViewState":
        """Zoomed in or out by steps of two, around the crosshair or a pixel; 0 shows all of it."""
        if row is None or not (size := _size(row)):
            return self
        if steps == 0:
            return replace(self, zoom=Zoom(row.id))
        now = self.zoom_of(row)
        viewport = zoomed(now.viewport, size, steps, at or now.cross)
        cross = (at or now.cross) if viewport else None
        return replace(self, zoom=replace(now, viewport=viewport, cross=cross))

    def panned(self, row: Row | None, right: int, down: int) -> "ViewState":
        """The part that is shown, moved by steps of a quarter of it; the crosshair is in its middle then."""
        if row is None or not (size := _size(row)) or (now := self.zoom_of(row)).viewport is None:
            return self
        return replace(self, zoom=replace(now, viewport=panned(now.viewport, size, right, down), cross=None))

    def dragged(self, row: Row | None, right: int, down: int) -> "ViewState":
        """The part that is shown, moved by so many pixels of the sample."""
        if row is None or not (size := _size(row)) or (now := self.zoom_of(row)).viewport is None:
            return self
        viewport = moved(now.viewport, size, right, down)
        cross = now.cross if now.cross and viewport.holds(now.cross) else None
        return replace(self, zoom=replace(now, viewport=viewport, cross=cross))

    def pointed(self, row: Row | None, pixel: Pixel) -> "ViewState":
        """The crosshair on a pixel; where it is there already, away."""
        if row is None:
            return self
        now = self.zoom_of(row)
        return replace(self, zoom=replace(now, cross=None if now.cross == pixel else pixel))

    def looked_at(self, row: Row, found: tuple[Area, ...], by: int) -> "ViewState":
        """Zoomed to the next of the areas that were looked for, so that it fills the view."""
        now = self.zoom_of(row)
        last = now.area[0] if now.area is not None and now.area[1] == len(found) else (-1 if by > 0 else 0)
        number = (last + by) % len(found)
        area = found[number]
        viewport = around(area.box, (row.width or 1, row.height or 1))
        if viewport is not None and not viewport.holds(area.pixel):
            viewport = centred(viewport, (row.width or 1, row.height or 1), area.pixel)
        return replace(self, zoom=Zoom(row.id, viewport, area.pixel, (number, len(found), area.count)))


def _size(row: Row) -> tuple[int, int] | None:
    return (row.width, row.height) if row.width and row.height else None


def request(row: Row, state: ViewState) -> PictureRequest:
    """What is to be drawn for a sample."""
    zoom = state.zoom_of(row)
    return PictureRequest(
        image=row.image,
        mask=row.mask,
        prediction=row.prediction,
        view=state.view,
        opacity=state.opacity,
        highlight=state.highlight,
        viewport=zoom.viewport,
        cross=zoom.crosshair,
        contours=state.contours,
    )
