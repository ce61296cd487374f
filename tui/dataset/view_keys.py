"""The keys that change how samples are shown: the same ones in the pane and on the full screen."""

from dataclasses import replace

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest, View
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.dataset.view_state import ViewState
from bddseg_tui.tui.shared.class_dialog import class_dialog
from bddseg_tui.tui.shared.zoom import Zoom
from bddseg_tui.tui.shared.zoom_keys import ZoomKeys


class ViewKeys(ZoomKeys):
    """Actions for a widget that says what it shows, and shows it otherwise."""

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

    # -- zooming ---------------------------------------------------------------------------------------------

    @property
    def looked_at(self) -> tuple[Row, Zoom, PictureRequest] | None:
        """The sample, and where it is looked at."""
        row, request = self.shown.row, self.shown.request
        return None if row is None or request is None else (row, self.shown.state.zoom, request)

    def zoom_to(self, zoom: Zoom) -> None:
        """Looks at the sample there."""
        self.show_as(replace(self.shown.state, zoom=zoom))
