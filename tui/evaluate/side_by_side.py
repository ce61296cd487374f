"""One image of an evaluation on the whole screen: image, errors, actual and predicted side by side."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from textual import events, on, work
from textual.app import ComposeResult
from textual.screen import Screen

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.commands import SIDE_BY_SIDE
from bddseg_tui.tui.evaluate.listed_images import ListedImage
from bddseg_tui.tui.evaluate.panels import COMPARED, FOUR, Panel, Panels, panel_name, panel_request
from bddseg_tui.tui.shared.class_dialog import class_dialog
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.crosshair import crosshair
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.one_line import OneLine, with_keys
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.zoom import NOWHERE, Zoom
from bddseg_tui.tui.shared.zoom_keys import ZoomKeys

SETS = FOUR, (Panel("overlay"), Panel("error"), Panel("mask"), Panel("prediction"))
FOR_LEGEND = 40
"""Lines of the screen from which on the legend has room."""
KEYS = ("Esc back", "j k next, previous", "v other views", "[ ] class", "+ - zoom", "z errors")
"""As many as there is room for."""


class SideBySideScreen(Screen[None], ZoomKeys):
    """j and k go through the images; `step` returns the next one. All pictures show the same part of it.

    One class may be highlighted from the start.
    """

    ACTIONS = SIDE_BY_SIDE
    BINDINGS = bindings(SIDE_BY_SIDE)

    def __init__(
        self, image: ListedImage, step: Callable[[int], ListedImage | None], highlight: int | None = None
    ) -> None:
        super().__init__()
        self._image = self._shown = image
        self._step = step
        self._set = 0
        self._highlight = highlight
        self._zoom = NOWHERE

    @property
    def _row(self) -> Row:
        return self._image.row

    def compose(self) -> ComposeResult:
        """Four pictures with their names, the classes where there is room, and a line about the image."""
        yield Panels(id="side")
        yield Legend(id="side--legend")
        yield OneLine(id="side--caption")

    def on_mount(self) -> None:
        """Shows the image."""
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """Shows the legend where there is room for it, and as many keys in the line below."""
        self.query_one(Legend).display = event.size.height >= FOR_LEGEND
        self._write("")

    def action_step(self, by: int) -> None:
        """Goes on to another image."""
        if (image := self._step(by)) is not None:
            self._image = image
            self._show()

    def action_arrow(self, right: int, down: int) -> None:
        """Moves what is shown of a zoomed image; else goes on to another image."""
        if self._zoom.of(self._row).viewport is not None:
            self.action_pan(right, down)
        else:
            self.action_step(right + down)

    def action_views(self) -> None:
        """Goes on to other views."""
        self._set = (self._set + 1) % len(self._sets)
        self._show()

    @property
    def _sets(self) -> tuple[tuple[Panel, ...], ...]:
        return SETS if self._image.earlier is None else (COMPARED, *SETS)

    def action_dataset(self) -> None:
        """Shows the image in the Dataset pane."""
        self.post_message(ShowImage(self._row.image))

    def action_highlight(self, by: int) -> None:
        """Highlights another class."""
        order: list[int | None] = [None, *(i for i in range(NUM_CLASSES) if self._row.share(i) or i == self._highlight)]
        now = order.index(self._highlight) if self._highlight in order else 0
        self._highlight = order[(now + by) % len(order)]
        self._show()

    def action_pick_class(self) -> None:
        """Asks for the class to highlight."""

        def chosen(value: int | None) -> None:
            if value is not None:
                self._highlight = value if value >= 0 else None
                self._show()

        self.app.push_screen(class_dialog(self._highlight, self._row), chosen)

    @property
    def looked_at(self) -> tuple[Row, Zoom, PictureRequest] | None:
        """The image, where it is looked at, and its errors, since these are what is looked for."""
        return self._row, self._zoom, self._request(Panel("error"))

    def zoom_to(self, zoom: Zoom) -> None:
        """Looks at the image there, in all pictures."""
        self._zoom = zoom
        self._show()

    def _request(self, panel: Panel) -> PictureRequest:
        zoom = self._zoom.of(self._row)
        request = panel_request(panel, self._image, self._highlight)
        return replace(request, viewport=zoom.viewport, cross=zoom.crosshair)

    def _show(self) -> None:
        panels = self._sets[self._set % len(self._sets)]
        views = [(panel_name(p, self._image, self._highlight), self._request(p)) for p in panels]
        self.query_one(Panels).show(views, self._image)

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        """Says what is shown by now: no words of the next image stand below the pictures of the one before."""
        if isinstance(event.about, ListedImage):
            self._shown = event.about
            self.query_one(Legend).show(self._shown.row.shares, self._highlight)
            self._write("")
            self._show_crosshair()

    @work(exclusive=True, group="crosshair", exit_on_error=False)
    async def _show_crosshair(self) -> None:
        row, request = self._row, self._request(Panel("error"))
        if found := await asyncio.to_thread(crosshair, row, request):
            self._write(found)

    def _write(self, about_pixel: str) -> None:
        """The line about the image, and on the right the keys that there is room for."""
        row, words = self._shown.row, [about_pixel] if about_pixel else []
        if self._highlight is not None and not self._shown.about.startswith(CLASSES[self._highlight].name):
            words.append(f"only {CLASSES[self._highlight].name}")
        if (area := self._zoom.of(row).area) is not None:
            words.append(f"area {area[0] + 1}/{area[1]}, {area[2]:,} px")
        words += [self._shown.about, sanitize(row.name)]
        line = self.query_one("#side--caption", OneLine)
        line.update(with_keys("  ".join(words), KEYS, line.content_size.width or self.size.width))
