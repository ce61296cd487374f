"""The keys that change how samples are shown: the same ones in the pane and on the full screen."""

from dataclasses import replace

from bddseg_tui.core.data.pictures import View
from bddseg_tui.tui.dataset.view_state import Shown, ViewState


class ViewKeys:
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

    def action_zoom(self, steps: int) -> None:
        """Zooms in (1) or out (-1); 0 shows the whole image."""
        self.show_as(self.shown.state.nearer(self.shown.row, steps))

    def action_pan(self, right: int, down: int) -> None:
        """Moves what is shown of a zoomed image."""
        self.show_as(self.shown.state.moved(self.shown.row, right, down))

    def action_highlight(self, by: int) -> None:
        """Highlights the next class of the sample, or the one before."""
        self.show_as(self.shown.state.next_class(self.shown.row, by))
