"""The keys and the mouse that change how samples are shown: the same ones in the pane and on the full screen."""

import asyncio
from dataclasses import replace

from textual import on, work
from textual.widget import Widget

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.image_file import BadFileError
from bddseg_tui.core.data.pictures import View
from bddseg_tui.core.data.pixel_classes import areas
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.choices import class_dialog
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.dataset.view_state import ViewState
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture


class ViewKeys(Widget):
    """Actions for a widget that says what it shows, and shows it otherwise.

    Behind the base that a class has its looks of: Textual takes styles and keys of the first one alone.
    """

    @property
    def shown(self) -> Shown:
        """What is shown now."""
        raise NotImplementedError

    def show_as(self, state: ViewState) -> None:
        """Shows the same sample, and all after it, in another way."""
        raise NotImplementedError

    def action_view(self, view: View) -> None:
        """Shows this view."""
        self.show_as(replace(self.shown.state, view=view))

    def action_next_view(self) -> None:
        """Goes on to the next view."""
        self.show_as(self.shown.state.after(self.shown.evaluated))

    def action_opacity(self, by: float) -> None:
        """Makes the overlay stronger or weaker."""
        self.show_as(self.shown.state.more_opaque(by))

    def action_contours(self) -> None:
        """Shows borders instead of areas in the overlay, or areas again."""
        self.show_as(self.shown.state.with_contours())

    def action_outcome(self) -> None:
        """Shows what became of the highlighted class, or the view before."""
        self.show_as(self.shown.state.flicked(self.shown.row))

    # -- classes ---------------------------------------------------------------------------------------------

    def action_highlight(self, by: int) -> None:
        """Highlights the next class of the sample, or the one before."""
        self.show_as(self.shown.state.next_class(self.shown.row, by))

    def action_pick_class(self) -> None:
        """Asks for the class to highlight."""

        def chosen(value: int | None) -> None:
            if value is not None:
                self.show_as(replace(self.shown.state, highlight=value if value >= 0 else None))

        self.app.push_screen(class_dialog(self.shown.state.highlight, self.shown.row), chosen)

    @work(exclusive=True, group="area", exit_on_error=False)
    async def action_area(self, by: int) -> None:
        """Zooms to the next area of the highlighted class, or of errors where they are shown: the largest first."""
        shown, state = self.shown, self.shown.state
        if (row := shown.row) is None or shown.request is None or not (row.width and row.height):
            return
        errors = state.view in ("error", "outcome")
        if state.highlight is None and not errors:
            self.notify("first choose a class: c or ]", timeout=3)
            return
        what = CLASSES[state.highlight].name if state.highlight is not None else "pixels"
        try:
            found = await asyncio.to_thread(areas, shown.request, (row.width, row.height))
        except BadFileError as error:
            self.notify(sanitize(str(error)), severity="warning", markup=False)
            return
        if found:
            self.show_as(self.shown.state.looked_at(row, found, by))
        else:
            self.notify(f"no {'wrong ' if errors else ''}{what} in this image", timeout=3)

    # -- zooming ---------------------------------------------------------------------------------------------

    def action_zoom(self, steps: int) -> None:
        """Zooms in (1) or out (-1); 0 shows the whole image."""
        self.show_as(self.shown.state.nearer(self.shown.row, steps))

    def action_pan(self, right: int, down: int) -> None:
        """Moves what is shown of a zoomed image."""
        self.show_as(self.shown.state.panned(self.shown.row, right, down))

    @on(ZoomPicture.Zoomed)
    def _wheel_turned(self, event: ZoomPicture.Zoomed) -> None:
        event.stop()
        self.show_as(self.shown.state.nearer(self.shown.row, event.steps, event.pixel))

    @on(ZoomPicture.Dragged)
    def _picture_dragged(self, event: ZoomPicture.Dragged) -> None:
        event.stop()
        self.show_as(self.shown.state.dragged(self.shown.row, event.right, event.down))

    @on(ZoomPicture.Pointed)
    def _pixel_pointed(self, event: ZoomPicture.Pointed) -> None:
        event.stop()
        self.show_as(self.shown.state.pointed(self.shown.row, event.pixel))
