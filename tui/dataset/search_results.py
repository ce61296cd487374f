"""What a search found, as a grid of pictures with how surely each fits."""

from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Label

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.commands import RESULTS
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.thumbnails import Shown, Thumbnails

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane


class ResultsScreen(Screen[None]):
    """Enter shows the chosen image in the Dataset pane, M searches for images like it."""

    ACTIONS = RESULTS
    BINDINGS = bindings(RESULTS)

    def __init__(self, pane: "DatasetPane", about: str, items: list[dict[str, Any]]) -> None:
        super().__init__(id="results")
        self._pane, self._about, self._items = pane, about, items

    def compose(self) -> ComposeResult:
        yield Label(f"{len(self._items)} images for “{self._about}”   hjkl move", id="results--title", markup=False)
        yield Thumbnails(id="results--grid")
        yield Footer(show_command_palette=False, compact=True)

    async def on_mount(self) -> None:
        collection = self._pane.collection
        assert collection is not None
        root = collection.dataset.root
        await self._grid.show([Shown(root / i["image"], _line(i)) for i in self._items])

    @property
    def _grid(self) -> Thumbnails:
        return self.query_one(Thumbnails)

    def action_move(self, by: int) -> None:
        self._grid.choose(self._grid.chosen + by)

    def action_row(self, by: int) -> None:
        target = self._grid.chosen + by * int(self._grid.styles.grid_size_columns or 1)
        if 0 <= target < self._grid.count:
            self._grid.choose(target)

    @on(Thumbnails.Clicked)
    def _clicked(self, event: Thumbnails.Clicked) -> None:
        self._grid.choose(event.number)

    def action_open(self) -> None:
        collection = self._pane.collection
        if collection is not None:
            self.app.pop_screen()
            self._pane.go_to(collection.dataset.root / self._items[self._grid.chosen]["image"])

    def action_more_like(self) -> None:
        collection = self._pane.collection
        if collection is None:
            return
        rows = collection.catalog.find_images([collection.dataset.root / self._items[self._grid.chosen]["image"]])
        if rows:
            self.app.pop_screen()
            self._pane.meaning.more_like(rows[0])


def _line(item: dict[str, Any]) -> str:
    return f"{item['confidence']:.0%} {item['score']:+.2f} {sanitize(item['name'])}"
