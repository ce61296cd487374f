"""One sample as it is shown, and what is said about it."""

from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest, panels_of
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.view_state import ViewState, request
from bddseg_tui.tui.shared.crosshair import crosshair

NAMES = {"error": "errors", "outcome": "/ false \\ missed", "prediction": "prediction"}


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
        return self.row is not None and self.state.zoom.of(self.row).viewport is not None

    @property
    def crosshair(self) -> str:
        """What a pixel of the sample is; '' where there is no crosshair. Reads files."""
        return "" if self.row is None else crosshair(self.row, request(self.row, self.state))

    @property
    def ahead(self) -> list[PictureRequest]:
        """What is to be drawn ahead: nothing where this sample is looked at closely."""
        return [] if self.zoomed else [request(row, self.state) for row in self.neighbours]

    @property
    def caption(self) -> str:
        """One line about the sample and how it is shown."""
        return "" if self.row is None else caption(self.row, self.state)


def caption(row: Row, state: ViewState) -> str:
    """One line about the sample and how it is shown."""
    parts = [_view(request(row, state)), f"{row.split} {sanitize(row.name)}"]
    if state.highlight is not None:
        parts.insert(1, _about_class(state.highlight, state, row))
    if row.problem:
        parts.append(f"! {row.problem}")
    tags = [" ".join("#" + sanitize(t) for t in row.tags)] if row.tags else []
    figures = [
        f"{label} {100 * value:.1f}"
        for figure, label in (("iou", "IoU"), ("biou", "boundary"), ("confidence", "sure"))
        if (value := row.figures.get(figure)) is not None
    ]
    # Where there is little room, the last ones are left out.
    parts += [*figures[:1], *tags, *figures[1:]]
    return "  ".join(parts)


def _view(shown: PictureRequest) -> str:
    if shown.view == "four":
        return " | ".join(_view(panel) for panel in panels_of(shown))
    if shown.view == "overlay":
        return "borders" if shown.contours else f"overlay {100 * shown.opacity:.0f} %"
    return NAMES.get(shown.view, shown.view)


def _about_class(class_id: int, state: ViewState, row: Row) -> str:
    """The class, and which of its areas is looked at."""
    text = f"only {class_id} {CLASSES[class_id].name}"
    if (area := state.zoom.of(row).area) is not None:
        number, count, pixels = area
        text += f" {number + 1}/{count}, {pixels:,} px"
    return text
