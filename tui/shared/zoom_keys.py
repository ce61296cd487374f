"""The keys and the mouse that zoom into a sample: the same ones wherever one is looked at closely."""

import asyncio

from textual import on, work
from textual.widget import Widget

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.data.pixel_classes import areas
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.commands import Command
from bddseg_tui.tui.shared.zoom import Zoom
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture

ZOOM = (
    Command("zoom(1)", "plus,equals_sign", "Zoom in", "Show half as much of the image, twice as large.", False, "+"),
    Command("zoom(-1)", "minus", "Zoom out", "Show twice as much of the image.", False, "-"),
    Command("zoom(0)", "0", "Whole image", "Show the whole image again.", True),
    Command("pan(-1, 0)", "H", "Pan left", "Move to the left in a zoomed image."),
    Command("pan(0, 1)", "J", "Pan down", "Move down in a zoomed image."),
    Command("pan(0, -1)", "K", "Pan up", "Move up in a zoomed image."),
    Command("pan(1, 0)", "L", "Pan right", "Move to the right in a zoomed image."),
    Command("area(1)", "z", "Zoom to it", "Zoom to the next area of the highlighted class, or of errors."),
    Command("area(-1)", "Z", "Area before", "Zoom to the area before."),
)
ARROWS = (
    Command("arrow(0, 1)", "down", "Down", "Move down in a zoomed image; else go to the next one."),
    Command("arrow(0, -1)", "up", "Up", "Move up in a zoomed image; else go to the one before."),
    Command("arrow(1, 0)", "right", "Right", "Move to the right in a zoomed image; else go to the next one."),
    Command("arrow(-1, 0)", "left", "Left", "Move to the left in a zoomed image; else go to the one before."),
)


class ZoomKeys(Widget):
    """Actions for a widget that says which sample it shows and where, and can show it elsewhere.

    Behind the base that a class has its looks of: Textual takes styles and keys of the first one alone.
    """

    @property
    def looked_at(self) -> tuple[Row, Zoom, PictureRequest] | None:
        """The sample, where it is looked at, and the view whose areas are looked for; None where there is none."""
        raise NotImplementedError

    def zoom_to(self, zoom: Zoom) -> None:
        """Looks at the sample there."""
        raise NotImplementedError

    async def look_beyond(self, class_id: int, by: int) -> bool:
        """Goes to the next sample that has a class, or the one before, where this one has not; whether there is one."""
        return False

    def action_zoom(self, steps: int) -> None:
        """Zooms in (1) or out (-1); 0 shows the whole image."""
        if (found := self.looked_at) is not None:
            self.zoom_to(found[1].nearer(found[0], steps))

    def action_pan(self, right: int, down: int) -> None:
        """Moves what is shown of a zoomed image."""
        if (found := self.looked_at) is not None:
            self.zoom_to(found[1].panned(found[0], right, down))

    @work(exclusive=True, group="area", exit_on_error=False)
    async def action_area(self, by: int) -> None:
        """Zooms to the next area of the highlighted class, or of errors where they are shown: the largest first."""
        if (found := self.looked_at) is None:
            return
        row, zoom, request = found
        chosen, errors = request.highlight, request.view in ("error", "outcome")
        if chosen is None and not errors:
            self.notify("first choose a class: c or ]", timeout=3)
            return
        if not (row.width and row.height):
            return
        try:
            there = await asyncio.to_thread(areas, request, (row.width, row.height))
        except BddsegError as error:
            self.notify(sanitize(str(error)), severity="warning", markup=False)
            return
        if there:
            self.zoom_to(zoom.looked_at(row, there, by))
        elif chosen is None or not await self.look_beyond(chosen, by):
            what = "pixels" if chosen is None else CLASSES[chosen].name
            self.notify(f"no {'wrong ' if errors else ''}{what} here", timeout=3)

    @on(ZoomPicture.Zoomed)
    def _wheel_turned(self, event: ZoomPicture.Zoomed) -> None:
        event.stop()
        if (found := self.looked_at) is not None:
            self.zoom_to(found[1].nearer(found[0], event.steps, event.pixel))

    @on(ZoomPicture.Dragged)
    def _picture_dragged(self, event: ZoomPicture.Dragged) -> None:
        event.stop()
        if (found := self.looked_at) is not None:
            self.zoom_to(found[1].dragged(found[0], event.right, event.down))

    @on(ZoomPicture.Pointed)
    def _pixel_pointed(self, event: ZoomPicture.Pointed) -> None:
        event.stop()
        if (found := self.looked_at) is not None:
            self.zoom_to(found[1].pointed(found[0], event.pixel))
