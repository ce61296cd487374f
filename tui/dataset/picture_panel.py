"""The picture of a sample with its caption, and the legend with the classes that are in it."""

import asyncio
from pathlib import Path
from typing import cast

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.worker import Worker

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.image_file import BadFileError, mask_shares
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.shared.legend import Legend
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.worker_errors import tell_failure
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture

NONE: tuple[float | None, ...] = (None,) * NUM_CLASSES


class PicturePanel(Horizontal):
    """Name and shares stand beside the picture that they are of, so they change when it is ready."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._caption = ""

    def compose(self) -> ComposeResult:
        """The picture above its caption, the legend beside them."""
        with Vertical(id="picture-column"):
            yield ZoomPicture(id="picture")
            yield OneLine(id="caption")
        yield Legend(id="legend")

    def show(self, shown: Shown) -> None:
        """Shows a sample, or why there is none."""
        self.query_one(PictureView).show(shown.request, shown.ahead, shown.message, about=shown)

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        shown = cast(Shown, event.about)
        self._caption = shown.caption
        self.query_one("#caption", OneLine).update(self._caption)
        self._show_crosshair(shown)
        self.workers.cancel_group(self, "legend")
        row, state = shown.row, shown.state
        if row is not None and row.prediction is not None and state.view == "prediction":
            self._show_predicted(row.prediction, state.highlight)
        else:
            self.query_one(Legend).show(row.shares if row else NONE, state.highlight)

    @on(PictureView.Late)
    def _late(self) -> None:
        self.query_one("#caption", OneLine).update(f"{self._caption}  …")

    @work(exclusive=True, group="legend", exit_on_error=False)
    async def _show_predicted(self, prediction: Path, highlight: int | None) -> None:
        shares = await asyncio.to_thread(_shares, prediction)
        self.query_one(Legend).show(shares, highlight)

    @work(exclusive=True, group="crosshair", exit_on_error=False)
    async def _show_crosshair(self, shown: Shown) -> None:
        if found := await asyncio.to_thread(lambda: shown.crosshair):
            self._caption = f"{found}  {shown.caption}"
            self.query_one("#caption", OneLine).update(self._caption)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def _shares(path: Path) -> tuple[float | None, ...]:
    try:
        return mask_shares(path)
    except BadFileError:
        return NONE
