"""How the Dataset pane shows samples, and what it says about one."""

from dataclasses import dataclass, replace

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import VIEWS, PictureRequest, View
from bddseg_tui.core.data.viewport import Viewport, panned, zoomed
from bddseg_tui.core.sanitize import sanitize


@dataclass(frozen=True)
class ViewState:
    """How samples are shown; stays from sample to sample. `opacity` is 0..1, `highlight` a class id or None.

    `viewport` is the part of the sample `zoomed` (its catalog id) that is shown: another sample is shown whole.
    """

    view: View = "image"
    opacity: float = 0.5
    highlight: int | None = None
    viewport: Viewport | None = None
    zoomed: int | None = None

    def after(self, evaluated: bool) -> "ViewState":
        """The next view, of those that there are with predictions or without."""
        there = VIEWS if evaluated else VIEWS[:3]
        now = there.index(self.view) if self.view in there else -1
        return replace(self, view=there[(now + 1) % len(there)])

    def more_opaque(self, by: float) -> "ViewState":
        """The overlay, stronger or weaker."""
        return replace(self, view="overlay", opacity=round(min(1.0, max(0.0, self.opacity + by)), 2))

    def viewport_of(self, row: Row) -> Viewport | None:
        """The part of a sample that is shown; None for all of it."""
        return self.viewport if row.id == self.zoomed else None

    def nearer(self, row: Row | None, steps: int) -> "ViewState":
        """Zoomed in or out by steps of two; 0 shows all of it. Not before the scan has told a sample's size."""
        if row is None or not (row.width and row.height):
            return self
        viewport = zoomed(self.viewport_of(row), (row.width, row.height), steps) if steps else None
        return replace(self, viewport=viewport, zoomed=row.id)

    def moved(self, row: Row | None, right: int, down: int) -> "ViewState":
        """The part that is shown, moved by steps of a quarter of it."""
        if row is None or not (row.width and row.height):
            return self
        viewport = panned(self.viewport_of(row), (row.width, row.height), right, down)
        return replace(self, viewport=viewport, zoomed=row.id)

    def next_class(self, row: Row | None, by: int) -> "ViewState":
        """Another class highlighted, of those that the sample shows; none before the first and after the last."""
        there = [i for i in range(NUM_CLASSES) if row and row.share(i)] or list(range(NUM_CLASSES))
        if self.highlight not in there:
            return replace(self, highlight=there[0 if by > 0 else -1])
        place = there.index(self.highlight) + by
        return replace(self, highlight=there[place] if 0 <= place < len(there) else None)


@dataclass(frozen=True)
class Shown:
    """A sample (None: there is none, and why stands in `message`), its neighbours, and how they are shown.

    `evaluated`: an evaluation is chosen, whose predictions there are to show.
    """

    row: Row | None
    neighbours: tuple[Row, ...]
    state: ViewState
    evaluated: bool = False
    message: str = ""

    @property
    def request(self) -> PictureRequest | None:
        """What is to be drawn."""
        return None if self.row is None else request(self.row, self.state)

    @property
    def zoomed(self) -> bool:
        """Whether a part of the sample is shown."""
        return self.row is not None and self.state.viewport_of(self.row) is not None

    @property
    def ahead(self) -> list[PictureRequest]:
        """What is to be drawn ahead."""
        return [request(row, self.state) for row in self.neighbours]

    @property
    def caption(self) -> str:
        """One line about the sample and how it is shown."""
        return "" if self.row is None else caption(self.row, self.state)


def request(row: Row, state: ViewState) -> PictureRequest:
    """What is to be drawn for a sample."""
    return PictureRequest(
        image=row.image,
        mask=row.mask,
        prediction=row.prediction,
        view=state.view,
        opacity=state.opacity,
        highlight=state.highlight,
        viewport=state.viewport_of(row),
    )


def caption(row: Row, state: ViewState) -> str:
    """One line about the sample and how it is shown."""
    how = f"{state.view} {100 * state.opacity:.0f} %" if state.view == "overlay" else state.view
    parts = [how, sanitize(row.name)]
    if state.highlight is not None:
        parts.insert(1, f"only {state.highlight} {CLASSES[state.highlight].name}")
    for figure, label in (("iou", "IoU"), ("biou", "boundary"), ("confidence", "sure")):
        if (value := row.figures.get(figure)) is not None:
            parts.append(f"{label} {100 * value:.1f}")
    if row.problem:
        parts.append(f"! {row.problem}")
    if row.tags:
        parts.append(" ".join("#" + sanitize(t) for t in row.tags))
    return "  ".join(parts)
