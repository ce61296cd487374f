"""The images of the chosen evaluation, the worst or the best first."""

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Label

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.evaluate.side_by_side import SideBySideScreen
from bddseg_tui.tui.shared.vim_list import VimList

if TYPE_CHECKING:
    from bddseg_tui.tui.evaluate.pane import EvaluatePane


class EvaluationImages:
    """Fills the pane's list of images, and steps through it."""

    def __init__(self, pane: "EvaluatePane") -> None:
        self._pane = pane
        self.worst_first = True
        self._rows: list[Row] = []

    def read(self, evaluation: Evaluation | None) -> None:
        """Lists the images of an evaluation, in a thread."""
        title = " worst images first (w)" if self.worst_first else " best images first (w)"
        self._pane.query_one("#image-title", Label).update(title if evaluation else "")
        if evaluation is None:
            self._show([], "")
            return
        worst_first = self.worst_first
        self._pane.run_worker(
            lambda: self._read(evaluation, worst_first),
            thread=True,
            exclusive=True,
            group="images",
            exit_on_error=False,
        )

    def _read(self, evaluation: Evaluation, worst_first: bool) -> None:
        try:
            rows, empty = self._pane.analysis.images(evaluation, worst_first), "no image has a score"
        except (BddsegError, OSError) as error:
            rows, empty = [], sanitize(str(error))
        self._pane.app.call_from_thread(self._show, rows, empty)

    def _show(self, rows: list[Row], empty: str) -> None:
        self._rows = rows
        labels = [
            Text(f"{100 * (r.miou or 0):5.1f}  {sanitize(r.name)}", no_wrap=True, overflow="ellipsis") for r in rows
        ]
        self._list.set_rows([(str(r.id), label) for r, label in zip(rows, labels, strict=True)], empty)

    @property
    def _list(self) -> VimList:
        return self._pane.query_one("#images", VimList)

    def open(self) -> None:
        """Shows the chosen image side by side with its mask and prediction."""
        if self._rows and self._list.highlighted is not None:
            self._pane.app.push_screen(SideBySideScreen(self._rows[self._list.highlighted], self._step))

    def _step(self, by: int) -> Row | None:
        place = (self._list.highlighted or 0) + by
        if not 0 <= place < len(self._rows):
            return None
        self._list.highlighted = place
        return self._rows[place]
