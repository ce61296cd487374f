"""Which classes the Dataset pane's legend shows: those of the mask or, where a prediction is looked at, those found."""

from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import Worker, get_current_worker

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.image_file import BadFileError, mask_shares
from bddseg_tui.tui.dataset.view_state import Look
from bddseg_tui.tui.shared.legend import Legend

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane

NONE: tuple[float | None, ...] = (None,) * NUM_CLASSES


class LegendClasses:
    """Fills the legend: at once from the catalog, or from the prediction's file, which a thread reads."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane

    def show(self, row: Row | None, look: Look) -> None:
        """Shows the classes of a sample as it is looked at."""
        legend = self._pane.query_one(Legend)
        if row is None or row.prediction is None or look.view != "prediction":
            self._pane.workers.cancel_group(self._pane, "legend")
            legend.show(row.shares if row else NONE, look.highlight)
            return
        prediction = row.prediction

        def work() -> None:
            self._pane.app.call_from_thread(shown, _shares(prediction), get_current_worker())

        def shown(shares: tuple[float | None, ...], worker: Worker[None]) -> None:
            # A thread cannot be stopped: what it read may be of a sample that was left since.
            if not worker.is_cancelled:
                legend.show(shares, look.highlight)

        self._pane.run_worker(work, thread=True, exclusive=True, group="legend", exit_on_error=False)


def _shares(path: Path) -> tuple[float | None, ...]:
    try:
        return mask_shares(path)
    except BadFileError:
        return NONE
