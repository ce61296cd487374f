"""How the Dataset pane shows samples."""

from dataclasses import dataclass, replace

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import VIEWS, PictureRequest, View
from bddseg_tui.tui.shared.legend import by_share
from bddseg_tui.tui.shared.zoom import NOWHERE, Zoom


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
    zoom: Zoom = NOWHERE
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
        """Another class highlighted, in the legend's order; none before the first and after the last."""
        there = [i for i in by_share(row.shares) if row.share(i)] if row else []
        there = there or list(range(NUM_CLASSES))
        if self.highlight not in there:
            return replace(self, highlight=there[0 if by > 0 else -1])
        place = there.index(self.highlight) + by
        return replace(self, highlight=there[place] if 0 <= place < len(there) else None)


def request(row: Row, state: ViewState) -> PictureRequest:
    """What is to be drawn for a sample."""
    zoom = state.zoom.of(row)
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
