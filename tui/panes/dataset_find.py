"""Which samples a filter leaves, asked of the catalog in a thread."""

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import get_current_worker

from core.catalog import InterruptedReadError
from core.engine import Collection
from core.errors import BddsegError
from core.query import Query
from core.sanitize import sanitize

if TYPE_CHECKING:
    from tui.panes.dataset import DatasetPane


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
    """A newer question takes the place of one that is not answered yet."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane

    def start(self, collection: Collection, query: Query, evaluation: str | None) -> None:
        """Asks which samples fit; `pane.found` is called with them."""
        pane, catalog = self._pane, collection.catalog

        def work() -> None:
            worker = get_current_worker()
            try:
                ids = array("q", catalog.find(query, evaluation, unwanted=lambda: worker.is_cancelled))
                found = Found(ids, catalog.splits(), catalog.tags(), evaluation)
            except InterruptedReadError:
                return
            except (BddsegError, OSError) as error:
                pane.app.call_from_thread(pane.notify, sanitize(str(error)), severity="error", markup=False)
                return
            if not worker.is_cancelled:
                pane.app.call_from_thread(pane.found, collection, found)

        pane.run_worker(work, thread=True, exclusive=True, group="find", exit_on_error=False)

    def image(self, collection: Collection, image: Path) -> None:
        """Asks which sample an image belongs to; `pane.gone_to` is called with it."""
        pane = self._pane

        def work() -> None:
            try:
                rows = collection.catalog.find_images([image])
            except BddsegError as error:
                pane.app.call_from_thread(pane.notify, str(error), severity="error", markup=False)
                return
            pane.app.call_from_thread(pane.gone_to, rows[0].id if rows else None)

        pane.run_worker(work, thread=True, exclusive=True, group="go", exit_on_error=False)
