"""Searching the Dataset pane by meaning: words, or images like the one at hand. Results fill the list, or a grid."""

from array import array
from typing import TYPE_CHECKING, Any

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.options import NOTHING_BELOW
from bddseg_tui.core.sanitize import sanitize

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane

MOST = 200
GRID = 30


class MeaningSearch:
    """The search that the pane shows now, if it shows one."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane
        self.about = ""
        self._items: list[dict[str, Any]] = []

    def clear(self) -> None:
        """Forgets the search: the list is the catalog's again."""
        self.about, self._items = "", []

    def search(self, terms: str, words: str) -> None:
        """Searches for words among the samples that the terms leave."""
        self._start(sanitize(words), {"text": words, "filter_text": terms}, grid=False)

    def more_like(self, row: Row) -> None:
        """Searches for images like a sample's, and shows them as a grid."""
        if (collection := self._pane.collection) is not None:
            like = str(row.image.relative_to(collection.dataset.root))
            self._start(f"like {sanitize(row.name)}", {"like": like}, grid=True)

    def show_grid(self) -> None:
        """Shows what was found as pictures."""
        from bddseg_tui.tui.dataset.search_results import ResultsScreen

        if not self._items:
            self._pane.notify("first search: / then words, and Enter", timeout=3)
            return
        self._pane.app.push_screen(ResultsScreen(self._pane, self.about, self._items[:GRID]))

    def _start(self, about: str, request: dict[str, Any], grid: bool) -> None:
        if (collection := self._pane.collection) is None:
            return
        pane = self._pane

        def work() -> None:
            call = pane.app.call_from_thread
            call(pane.say, "searching …")
            try:
                items = self._items_of(collection, request)
            except BddsegError as error:
                advice = "; pane 4 builds one with b" if "no finished index" in str(error) else ""
                text = sanitize(str(error)).split(":")[0] + advice if advice else sanitize(str(error))
                call(pane.say, "")
                call(lambda: pane.notify(text, severity="warning", markup=False, timeout=8))
                return
            rows = collection.catalog.find_images([collection.dataset.root / i["image"] for i in items])
            call(self._found, about, items, rows, grid)

        pane.run_worker(work, thread=True, exclusive=True, group="meaning", exit_on_error=False)

    def _items_of(self, collection: Collection, request: dict[str, Any]) -> list[dict[str, Any]]:
        pane = self._pane
        answering = pane.engine.retrieval.search(collection, evaluation=pane.evaluation, top=MOST, **request)
        for event in answering:
            if event["event"] == "loading":
                pane.app.call_from_thread(pane.say, f"loading {event['what']} …")
            elif event["event"] == "done":
                return list(event["items"])
            elif event["event"] == "error":
                raise BddsegError(str(event["message"]))
        raise BddsegError("the search was given up")

    def _found(self, about: str, items: list[dict[str, Any]], rows: list[Row], grid: bool) -> None:
        collection = self._pane.collection
        if collection is None:
            return
        self.about, self._items = about, items
        sure = {str(collection.dataset.root / i["image"]): float(i["confidence"]) for i in items}
        self._pane.say("")
        self._pane.show_found(array("q", [r.id for r in rows]), {r.id: sure.get(str(r.image), 0.0) for r in rows})
        if items and items[0]["confidence"] < NOTHING_BELOW:
            self._pane.notify("nothing seems to fit; these are the nearest", timeout=4)
        if grid:
            self.show_grid()
