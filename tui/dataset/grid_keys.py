"""The keys of a pane that shows its list as thumbnails too."""

from textual import on
from textual.widget import Widget

from bddseg_tui.tui.dataset.grid import Grid
from bddseg_tui.tui.dataset.list_panel import ListPanel
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.view_state import ViewState


class GridKeys(Widget):
    """Actions for a pane with a list and a `Grid`, of which one is shown.

    Attributes:
        state: how samples are shown.
    """

    state: ViewState

    def show_samples(self) -> None:
        """Shows what the cursor is on."""
        raise NotImplementedError

    @property
    def _grid(self) -> Grid:
        return self.query_one(Grid)

    def action_grid(self) -> None:
        """Shows what is listed as thumbnails, or as a list again."""
        self._show_grid(not self._grid.display)

    @on(ListPanel.SearchListed)
    def _found_many(self) -> None:
        self._show_grid(True)

    @on(Grid.Left)
    def _left_grid(self) -> None:
        self._show_grid(False)

    def _show_grid(self, shown: bool) -> None:
        self._grid.display, self.query_one("#browser").display = shown, not shown
        self._front.focus()
        self.call_after_refresh(self.show_samples)

    @property
    def _front(self) -> SampleList | Grid:
        """What keys go to."""
        return self._grid if self._grid.display else self.query_one(SampleList)

    @on(ListPanel.Written)
    @on(SampleList.Loaded)
    def follow_list(self) -> None:
        """The thumbnails and their line are those of the list."""
        if self._grid.display:
            self._grid.follow(self.query_one(SampleList), self.state)
            self._grid.say(self.query_one(ListPanel).status(self._grid.size.width))
