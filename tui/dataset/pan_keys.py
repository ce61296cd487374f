"""The arrow keys of the Dataset pane: in a zoomed image they move what is shown of it, else they are the list's."""

from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.view_keys import ViewKeys


class PanKeys(ViewKeys):
    """Actions for a widget with a list of samples, of which the picture beside it shows one.

    Going on to another sample shows that one whole, so the arrows are the list's again; j and k always are.
    """

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys for a zoomed image are in the footer while there is one."""
        if action == "arrow" or (action == "zoom" and parameters == (0,)):
            return any(samples.arrows_taken for samples in self.query(SampleList))
        return super().check_action(action, parameters)

    def action_arrow(self, right: int, down: int) -> None:
        """Moves what is shown of a zoomed image."""
        self.action_pan(right, down)

    def follow_zoom(self) -> None:
        """Called after another sample is shown, another part of it, or thumbnails, which have arrows of their own."""
        samples, zoomed = self.query_one(SampleList), self.shown.zoomed and self.query_one("#browser").display
        if samples.arrows_taken != zoomed:
            samples.arrows_taken = zoomed
            self.refresh_bindings()
