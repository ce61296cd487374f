"""Which samples a filter leaves, asked of the catalog in a thread."""

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.catalog import InterruptedReadError
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import Query
from bddseg_tui.tui.shared.daemon_thread import run_apart

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane


@dataclass(frozen=True)
class Found:
    """What the catalog answered.

    Attributes:
        ids: the samples, in the filter's order.
        splits: the number of samples of each split, whatever the filter.
        tags: every tag of the dataset.
        evaluation: whose predictions and scores the rows carry.
    """

    ids: "array[int]"
    splits: dict[str, int]
    tags: list[str]
    evaluation: str | None


class DatasetFind:
    """A newer question takes the place of one that is not answered yet, which ends then."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane
        self._latest = object()
        self._splits: dict[str, int] | None = None

    def files_changed(self) -> None:
        """Lets the samples of each split be counted again, which a large catalog is not asked for at each letter."""
        self._splits = None

    def start(self, collection: Collection, query: Query, evaluation: str | None) -> None:
        """Asks which samples fit; `pane.found` is called with them."""
        pane, catalog, known = self._pane, collection.catalog, self._splits
        this = self._latest = object()

        def unwanted() -> bool:
            return this is not self._latest

        def work() -> None:
            try:
                ids = array("q", catalog.find(query, evaluation, unwanted=unwanted))
                found = Found(ids, known or catalog.splits(), catalog.tags(), evaluation)
            except InterruptedReadError:
                return
            if not unwanted():
                pane.app.call_from_thread(self._tell, this, collection, found)

        run_apart(pane.app, work, "find")

    def stop(self) -> None:
        """Ends the question that is not answered yet."""
        self._latest = object()

    def _tell(self, this: object, collection: Collection, found: Found) -> None:
        # Another question may have been asked while this answer was on its way.
        if this is self._latest:
            self._splits = found.splits
            self._pane.found(collection, found)

    def image(self, collection: Collection, image: Path) -> None:
        """Asks which sample an image belongs to; `pane.gone_to` is called with it."""
        pane = self._pane

        def work() -> None:
            rows = collection.catalog.find_images([image])
            pane.app.call_from_thread(pane.gone_to, rows[0].id if rows else None)

        run_apart(pane.app, work, "go")
