"""What a search found, as a grid of pictures with how surely each fits."""

from dataclasses import dataclass
from typing import Literal

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Label

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.commands import RESULTS
from bddseg_tui.tui.dataset.semantic_search import GRID, Result, Results
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.key_footer import KeyFooter
from bddseg_tui.tui.shared.thumbnails import Shown, Thumbnails


@dataclass(frozen=True)
class Chosen:
    """An image of the results, to be opened in the list or to search for images like it."""

    result: Result
    then: Literal["open", "more_like"]


class ResultsScreen(Screen[Chosen]):
    """Ends with the chosen image, and what is wanted with it."""

    ACTIONS = RESULTS
    BINDINGS = bindings(RESULTS)

    def __init__(self, results: Results) -> None:
        super().__init__(id="results")
        self._about, self._root, self._images = results.search.about, results.root, results.images[:GRID]

    def compose(self) -> ComposeResult:
        """A title, the grid, and the keys."""
        yield Label(f"{len(self._images)} images for “{self._about}”   hjkl move", id="results--title", markup=False)
        yield Thumbnails(id="results--grid")
        yield KeyFooter()

    async def on_mount(self) -> None:
        """Fills the grid."""
        await self._grid.show([Shown(self._root / i.image, _line(i)) for i in self._images])

    @property
    def _grid(self) -> Thumbnails:
        return self.query_one(Thumbnails)

    def action_move(self, by: int) -> None:
        """Chooses an image beside the chosen one."""
        self._grid.choose(self._grid.chosen + by)

    def action_row(self, by: int) -> None:
        """Chooses the image above or below."""
        target = self._grid.chosen + by * int(self._grid.styles.grid_size_columns or 1)
        if 0 <= target < self._grid.count:
            self._grid.choose(target)

    @on(Thumbnails.Clicked)
    def _clicked(self, event: Thumbnails.Clicked) -> None:
        self._grid.choose(event.number)

    def action_open(self) -> None:
        """Shows the chosen image in the list, among all samples."""
        self.dismiss(Chosen(self._images[self._grid.chosen], "open"))

    def action_more_like(self) -> None:
        """Searches for images like the chosen one."""
        self.dismiss(Chosen(self._images[self._grid.chosen], "more_like"))


def _line(result: Result) -> str:
    return f"{result.confidence:.0%} {result.score:+.2f} {sanitize(result.name)}"
