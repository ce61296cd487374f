"""Searching by meaning: words, or images like one of the dataset. Asked of the retriever, in a thread."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.daemon_thread import in_daemon_thread
from bddseg_tui.tui.shared.worker_errors import tell_failure

if TYPE_CHECKING:
    from bddseg_tui.core.retrieval.events import Item

MOST = 200
GRID = 30


@dataclass(frozen=True)
class Search:
    """What is searched for: words among the samples that a filter leaves, or images like one.

    `like` is relative to the dataset; `grid` says that the results are shown as pictures at once.
    """

    about: str
    text: str = ""
    filter_text: str = ""
    like: str = ""
    grid: bool = False


@dataclass(frozen=True)
class Results:
    """What a search found, best first; `ids` are the samples, `confidence` says by sample how surely it fits."""

    search: Search
    root: Path
    images: "tuple[Item, ...]"
    ids: "array[int]"
    confidence: dict[int, float]

    @property
    def fits_nothing(self) -> bool:
        """Whether even the best is no more than the nearest there is."""
        return bool(self.images) and self.images[0].verdict == "nothing"

    @property
    def is_unsure(self) -> bool:
        """Whether nobody can tell if even the best fits."""
        return bool(self.images) and self.images[0].verdict == "unsure"


def words_search(terms: str, words: str) -> Search:
    """A search for words among the samples that the terms of a filter leave."""
    return Search(sanitize(words), text=words, filter_text=terms)


def like_search(name: str, image: Path) -> Search:
    """A search for images like one of the dataset, whose path is relative to it."""
    return Search(f"like {sanitize(name)}", like=str(image), grid=True)


def search_images(
    engine: Engine,
    collection: Collection,
    evaluation: str | None,
    search: Search,
    progress: Callable[[str], object],
) -> Results:
    """Searches; `progress` is told what is being loaded.

    Raises:
        BddsegError: there is no index, or the retriever failed; the message says what helps.
    """
    root = collection.dataset.root
    try:
        answering = engine.retrieval.search(
            collection, search.text, like=search.like, filter_text=search.filter_text, evaluation=evaluation, top=MOST
        )
        images = answering.result(lambda what: progress(f"loading {what} …")).items
    except BddsegError as error:
        if "no finished index" in str(error):
            raise BddsegError(sanitize(str(error)).split(":")[0] + "; pane 4 builds one with b") from error
        raise
    rows = engine.data.samples_of(collection, [root / i.image for i in images])
    sure = {str(root / i.image): i.confidence for i in images}
    confidence = {r.id: sure.get(str(r.image), 0.0) for r in rows}
    return Results(search, root, images, array("q", [r.id for r in rows]), confidence)


class SemanticSearch(Widget):
    """Runs one search at a time. Shows nothing of its own: it posts what is being done, and what was found."""

    DEFAULT_CSS = "SemanticSearch { display: none; }"

    class Step(Message):
        """The search that is under way does something; '' when it is over."""

        def __init__(self, search: Search, doing: str) -> None:
            super().__init__()
            self.search, self.doing = search, doing

    class Done(Message):
        """A search has found images."""

        def __init__(self, results: Results) -> None:
            super().__init__()
            self.results = results

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self.current: Search | None = None
        """The search that is under way, or was last; None once it has been given up."""

    def start(self, collection: Collection, evaluation: str | None, search: Search) -> None:
        """Searches; the search that is under way is given up."""
        self.current = search
        self.post_message(self.Step(search, "searching …"))
        self._run_search(collection, evaluation, search)

    def stop(self) -> None:
        """Gives up the search that is under way: nothing of it is posted any more."""
        self.current = None
        self.workers.cancel_node(self)

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _run_search(self, collection: Collection, evaluation: str | None, search: Search) -> None:
        def progress(doing: str) -> None:
            self.post_message(self.Step(search, doing))

        try:
            results = await in_daemon_thread(
                lambda: search_images(self._engine, collection, evaluation, search, progress), "search"
            )
        except BddsegError as error:
            self.notify(sanitize(str(error)), severity="warning", markup=False, timeout=8)
        else:
            self.post_message(self.Done(results))
        finally:
            self.post_message(self.Step(search, ""))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
