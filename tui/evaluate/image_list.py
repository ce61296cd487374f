"""The images of the chosen evaluation, the worst or the best first."""

import asyncio

from rich.text import Text
from textual import work
from textual.worker import Worker

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.analysis import AnalysisService
from bddseg_tui.tui.evaluate.side_by_side import SideBySideScreen
from bddseg_tui.tui.shared.vim_list import VimList
from bddseg_tui.tui.shared.worker_errors import tell_failure


class ImageList(VimList):
    """Lists images by their score; one is opened beside its mask and prediction, and stepped on from there."""

    def __init__(self, analysis: AnalysisService, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, compact=True)
        self._analysis = analysis
        self._rows: list[Row] = []

    @work(exclusive=True, group="images", exit_on_error=False)
    async def read(self, evaluation: Evaluation | None, worst_first: bool) -> None:
        """Lists the images of an evaluation, or none."""
        rows, empty = list[Row](), ""
        if evaluation is not None:
            try:
                rows = await asyncio.to_thread(self._analysis.images, evaluation, worst_first)
                empty = "no image has a score"
            except (BddsegError, OSError) as error:
                empty = sanitize(str(error))
        self._rows = rows
        labels = [
            Text(f"{100 * (r.miou or 0):5.1f}  {sanitize(r.name)}", no_wrap=True, overflow="ellipsis") for r in rows
        ]
        self.set_rows([(str(r.id), label) for r, label in zip(rows, labels, strict=True)], empty)

    def open_image(self) -> None:
        """Shows the chosen image side by side with its mask and prediction."""
        if self._rows and self.highlighted is not None:
            self.app.push_screen(SideBySideScreen(self._rows[self.highlighted], self._step))

    def _step(self, by: int) -> Row | None:
        place = (self.highlighted or 0) + by
        if not 0 <= place < len(self._rows):
            return None
        self.highlighted = place
        return self._rows[place]

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
