"""One image of an evaluation in as many views as there is room for."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.listed_images import ListedImage
from bddseg_tui.tui.evaluate.panels import COMPARED, FOUR, Panel, Panels, panel_name, panel_request
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView

FIRST_FOUR = 100, 28
"""Columns and lines from which on all four views are shown; from FIRST_TWO lines on two."""
FIRST_TWO = 20
IN_TURN = Panel("error"), Panel("prediction"), Panel("image"), Panel("mask")
"""In which order views come where not all have room."""
COMPARED_IN_TURN = (*COMPARED, Panel("image"), Panel("mask"))


class ImagePreview(Vertical):
    """With a class, that alone is shown in masks, and what became of it instead of the errors."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._image: ListedImage | None = None
        self._class_id: int | None = None
        self._first = 0

    def compose(self) -> ComposeResult:
        """A line about the image, and the views."""
        yield OneLine(id="preview--about")
        yield Panels(id="preview--panels")

    def show(self, image: ListedImage | None, class_id: int | None = None) -> None:
        """Shows an image, or none."""
        self._image, self._class_id = image, class_id
        self._draw()

    def next_views(self) -> None:
        """Goes on to the views that there was no room for."""
        self._first = (self._first + self._count) % len(self._order)
        self._draw()

    @property
    def _order(self) -> tuple[Panel, ...]:
        if self._image is not None and self._image.earlier is not None:
            return COMPARED_IN_TURN
        return FOUR if self._count == len(FOUR) else IN_TURN

    @property
    def _count(self) -> int:
        width, height = self.size
        return 4 if width >= FIRST_FOUR[0] and height >= FIRST_FOUR[1] else 2 if height >= FIRST_TWO else 1

    def on_resize(self) -> None:
        """Shows as many views as there is room for now."""
        self._draw()

    def _draw(self) -> None:
        if not self.display or not self.size.area:
            return
        image, class_id, count = self._image, self._class_id, self._count
        order = self._order
        panels = (order[self._first % len(order) :] + order)[:count]
        about = f"{image.about}   {sanitize(image.row.name)}" if image else ""
        views = [(panel_name(p, image, class_id), panel_request(p, image, class_id) if image else None) for p in panels]
        self.query_one(Panels).show(views, about)

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        """Says what is shown by now: no words of the next image stand above the picture of the one before."""
        if event.about is not None:
            self.query_one("#preview--about", OneLine).update(str(event.about))
