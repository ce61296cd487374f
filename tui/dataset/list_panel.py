"""The list with the line below it: what a filter leaves, asked of the catalog, or what a search by meaning found."""

import asyncio
import threading
from array import array
from functools import partial
from pathlib import Path

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.worker import Worker

from bddseg_tui.core.classes import find_class
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.catalog_lookup import PAGE, Found
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_completion import Vocabulary
from bddseg_tui.core.data.filter_language import FIGURES, Query
from bddseg_tui.core.data.measure_kinds import MEASURES
from bddseg_tui.core.engine import Engine
from bddseg_tui.tui.dataset.marks import Marks
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.sample_row import Column
from bddseg_tui.tui.dataset.semantic_search import Results, Search, SemanticSearch
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.dataset.view_state import ViewState
from bddseg_tui.tui.shared.daemon_thread import in_daemon_thread
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.worker_errors import tell_failure


class ListPanel(Vertical):
    """A newer question to the catalog takes the place of one that is not answered yet, which ends then.

    Attributes:
        settled: set while what is listed is what the filter leaves.
        splits: the number of samples of each split, whatever the filter.
        known: the tags and evaluations of the dataset.
        doing: what goes on for the dataset, in words; '' for nothing.
        results: what a search by meaning found, while that is listed.
    """

    class Listed(Message):
        """The catalog has answered: other samples may be listed, and other tags be known."""

    class ImageFound(Message):
        """The sample with an image that was asked for; None where there is none."""

        def __init__(self, sample: int | None) -> None:
            super().__init__()
            self.sample = sample

    class SearchListed(Message):
        """A search has found images, which were asked for as thumbnails."""

    class Written(Message):
        """Another line than before stands below the list."""

    def __init__(self, engine: Engine, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._engine = engine
        self._collection: Collection | None = None
        self._query = Query()
        self._evaluation: str | None = None
        self._asked = 0
        self.settled = asyncio.Event()
        self.settled.set()
        self._counted = False
        """Whether `splits` are of the files that there are now: a large catalog is not asked at each letter."""
        self.doing = ""
        self._wanted: int | None = None
        self.splits: dict[str, int] = {}
        self.known = Vocabulary()
        self.results: Results | None = None

    def compose(self) -> ComposeResult:
        """The list above its line."""
        yield SampleList(id="samples")
        yield OneLine(id="list-status")
        yield SemanticSearch(self._engine)

    @property
    def samples(self) -> SampleList:
        """The list itself."""
        return self.query_one(SampleList)

    def open(self, collection: Collection) -> None:
        """Lists the samples of a dataset."""
        if self._collection is not None:
            # Its ids mean other samples in the catalog of the new one.
            self.samples.show_ids(array("q"), lambda some: [])
            self.samples.set_marks(Marks())
        self.samples.empty_text = "listing files …"
        self._collection, self._evaluation, self._wanted, self._counted, self.doing = collection, None, None, False, ""
        self.results = None
        self.find()

    def on_unmount(self) -> None:
        """Ends what goes on."""
        self.leave()

    def leave(self) -> None:
        """Ends what goes on for the dataset: nobody waits for it."""
        for search in self.query(SemanticSearch):
            search.stop()
        for group in ("find", "image"):
            self.workers.cancel_group(self, group)
        if self._collection is not None:
            self._engine.data.interrupt(self._collection)

    def list_filter(self, query: Query, keep: int | None = None) -> None:
        """Lists what a filter leaves; the cursor goes to the sample `keep`, or stays on its own."""
        self._query, self._wanted, self.results = query, keep, None
        search = self.query_one(SemanticSearch)
        if search.current is not None:
            search.stop()
            self.doing = ""
        self.find()

    def list_evaluation(self, evaluation: str | None) -> None:
        """Lists the samples with the scores and predictions of this evaluation."""
        self._evaluation = evaluation
        self.find()

    def search(self, search: Search) -> None:
        """Searches by meaning, and lists what is found; `SearchListed` follows if a grid is asked for."""
        if self._collection is not None:
            self.query_one(SemanticSearch).start(self._collection, self._evaluation, search)

    @on(SemanticSearch.Step)
    def _search_step(self, event: SemanticSearch.Step) -> None:
        if event.search is self.query_one(SemanticSearch).current:
            self.say(event.doing)

    @on(SemanticSearch.Done)
    def _search_done(self, event: SemanticSearch.Done) -> None:
        results = event.results
        if results.search is not self.query_one(SemanticSearch).current:
            return
        self.list_results(results)
        if results.fits_nothing:
            self.notify("nothing seems to fit; these are the nearest", timeout=4)
        elif results.is_unsure:
            self.notify("the nearest; whether they fit can't be told", timeout=4)
        if results.search.grid:
            self.post_message(self.SearchListed())

    def list_results(self, results: Results, keep: int | None = None) -> None:
        """Lists what a search by meaning found, best first."""
        if self._collection is None:
            return
        self.workers.cancel_group(self, "find")
        self.settled.set()
        load = partial(self._engine.data.rows, self._collection, evaluation=self._evaluation)
        self.results = results
        self.samples.column, self.samples.confidence = "fits", results.confidence
        self.samples.show_ids(results.ids, load, keep)
        self.write_status()

    def files_changed(self) -> None:
        """Lists and counts anew: there are other files than before."""
        self._counted = False
        self.find()

    def find(self) -> None:
        """Lists anew: what is known of the samples has changed."""
        if self.results is not None:
            self.list_results(self.results, self.samples.sample)
        elif self._collection is not None:
            self._asked += 1
            self.settled.clear()
            self._ask_catalog(self._collection, self._query, self._evaluation)

    @work(exclusive=True, group="find", exit_on_error=False)
    async def _ask_catalog(self, collection: Collection, query: Query, evaluation: str | None) -> None:
        unwanted, splits, number = threading.Event(), self.splits if self._counted else None, self._asked
        try:
            found = await in_daemon_thread(
                lambda: self._engine.data.look_up(collection, query, evaluation, splits, unwanted.is_set), "find"
            )
        finally:
            unwanted.set()
            if number == self._asked:
                # Whoever waits goes on behind this, when all is shown.
                self.settled.set()
        self._show(collection, query, found)

    def _show(self, collection: Collection, query: Query, found: Found) -> None:
        samples, total = self.samples, sum(found.splits.values())
        samples.column = _column(query)
        self.splits, self.known, self._counted = found.splits, found.known, True
        no_match = found.why_none or "no sample matches: / changes the filter, Esc clears it"
        samples.empty_text = no_match if total else "listing files …"
        # The cursor stays where it is by now, not where it was when the catalog was asked.
        keep, self._wanted = self._wanted or samples.sample, None
        load = partial(self._engine.data.rows, collection, evaluation=found.evaluation)
        samples.show_ids(found.ids, load, keep, found.rows)
        self.write_status()
        self.post_message(self.Listed())

    @work(exclusive=True, group="image", exit_on_error=False)
    async def find_image(self, image: Path) -> None:
        """Asks which sample an image is: `ImageFound` follows."""
        if self._collection is not None:
            collection = self._collection
            rows = await in_daemon_thread(lambda: self._engine.data.samples_of(collection, [image]), "image")
            self.post_message(self.ImageFound(rows[0].id if rows else None))

    async def find_class(self, class_id: int, by: int, predicted: bool) -> Row | None:
        """The next sample of the list in whose mask or prediction a class is, or the one before."""
        ids, load = self.samples.beyond(by)

        def find() -> Row | None:
            pages = (load(list(ids[start : start + PAGE])) for start in range(0, len(ids), PAGE))
            share = Row.predicted_share if predicted else Row.share
            return next((row for rows in pages for row in rows if share(row, class_id)), None)

        return await in_daemon_thread(find, "class")

    def shown(self, state: ViewState) -> Shown:
        """The sample at the cursor with its neighbours, or why there is none."""
        samples, evaluated = self.samples, self._evaluation is not None
        if (row := samples.row) is None:
            return Shown(None, (), state, evaluated, "" if samples.count else samples.empty_text)
        near = (samples.row_at(samples.cursor + d) for d in (1, -1))
        return Shown(row, tuple(n for n in near if n), state, evaluated)

    def say(self, doing: str) -> None:
        """Shows what is being done in the line below the list."""
        self.doing = doing
        self.write_status()

    @on(SampleList.Highlighted)
    def write_status(self) -> None:
        """Writes the line: the cursor's place, the order, and what is being done."""
        self.query_one("#list-status", OneLine).update(self.status(self.size.width - 2))
        self.post_message(self.Written())

    def status(self, room: int) -> str:
        """The line, in `room` cells where that can be."""
        return status(self._place_words(), self._order, self.doing, room)

    def on_resize(self) -> None:
        """Fits the line."""
        self.write_status()

    def _place_words(self) -> list[str]:
        samples, total = self.samples, sum(self.splits.values())
        place = f"{samples.cursor + 1:,}/{samples.count:,}" if samples.count else "0"
        of_all = [place] if samples.count == total else [f"{place} of {total:,}", place]
        if not samples.marks:
            return of_all
        marked = f"● {len(samples.marks):,}"
        return [*(f"{words}  {marked} marked" for words in of_all), f"{place}  {marked}"]

    @property
    def _order(self) -> str:
        if self.results is not None:
            return f"% fit “{self.results.search.about}”"
        if self._query.sort == "name":
            return ""
        return f"{self._query.sort} % {'↓' if self._query.descending else '↑'}"

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def status(places: list[str], order: str, doing: str, room: int) -> str:
    """The line below the list, in `room` cells where that can be: the place's longest words that leave room."""
    for place in places:
        line = "  ".join(part for part in (place, doing, order) if part)
        if cell_len(line) <= room:
            return line
    return "  ".join(part for part in (places[-1], doing or order) if part)


def _column(query: Query) -> Column:
    """What the list shows on the right: what it is ordered by."""
    if query.sort == "name":
        return "" if query.is_of_one_split else "split"
    if query.sort in FIGURES or query.sort in MEASURES or query.sort.startswith("pred:"):
        return query.sort
    return find_class(query.sort).id
