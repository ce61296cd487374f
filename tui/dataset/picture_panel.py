"""The picture of a sample with its caption, and the legend with the classes that are in it."""

import asyncio
from pathlib import Path
from typing import cast

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.layout import Layout
from textual.worker import Worker

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.services.data import DataService
from bddseg_tui.tui.dataset.picture_layout import DRIVING, Arrangement, PictureLayout, arrange, columns_a_row
from bddseg_tui.tui.dataset.shown import Shown
from bddseg_tui.tui.shared.legend import NO_SHARES, Legend, Shares
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.picture_app import PictureApp
from bddseg_tui.tui.shared.worker_errors import tell_failure
from bddseg_tui.tui.shared.zoom_picture import ZoomPicture


class PicturePanel(Container):
    """Name and shares stand beside the picture that they are of, so they change when it is ready."""

    def __init__(self, data: DataService, id: str | None = None, folded: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._data = data
        self._caption = ""
        self._shape: tuple[int, int] | None = None
        """Of the first image that was shown: the room is divided for it, and stays so while one goes on."""
        self._layout = PictureLayout(self._arranged)
        self.folded = folded
        """Whether the legend is left out, for a larger picture."""

    def compose(self) -> ComposeResult:
        """The picture, its caption and the legend."""
        yield ZoomPicture(id="picture")
        yield OneLine(id="caption")
        yield Legend(id="legend")

    @property
    def layout(self) -> Layout:
        """Gives the picture as much room as there is."""
        return self._layout

    def _arranged(self, size: Size) -> Arrangement:
        aspect = columns_a_row(self._shape or DRIVING, cast(PictureApp, self.app).cell)
        return arrange(size, aspect, self.folded)

    def fold(self) -> None:
        """Leaves the legend out, or shows it again."""
        self.folded = not self.folded
        self._arrange_anew()

    def _arrange_anew(self) -> None:
        # What is kept of a widget's layout goes when one of its children asks for another.
        self.query_one("#caption").refresh(layout=True)

    def forget_shape(self) -> None:
        """The images are of another dataset from now on."""
        self._shape = None

    def show(self, shown: Shown) -> None:
        """Shows a sample, or why there is none."""
        if self._shape is None and shown.row is not None and shown.row.width and shown.row.height:
            self._shape = shown.row.width, shown.row.height
            self._arrange_anew()
        self.query_one(PictureView).show(shown.request, shown.ahead, shown.message, about=shown)

    @on(PictureView.Ready)
    def _ready(self, event: PictureView.Ready) -> None:
        shown = cast(Shown, event.about)
        self._caption = shown.caption
        self._write_caption()
        self._show_crosshair(shown)
        self.workers.cancel_group(self, "legend")
        row, state = shown.row, shown.state
        if row is not None and row.prediction is not None and state.view == "prediction":
            self._show_predicted(row.prediction, state.highlight)
        else:
            self.query_one(Legend).show(row.shares if row else NO_SHARES, state.highlight)

    @on(PictureView.Late)
    def _late(self) -> None:
        self._write_caption("  …")

    @work(exclusive=True, group="legend", exit_on_error=False)
    async def _show_predicted(self, prediction: Path, highlight: int | None) -> None:
        shares = await asyncio.to_thread(self._shares, prediction)
        self.query_one(Legend).show(shares, highlight)

    def _shares(self, path: Path) -> Shares:
        try:
            return self._data.shares(path)
        except BddsegError:
            return NO_SHARES

    @work(exclusive=True, group="crosshair", exit_on_error=False)
    async def _show_crosshair(self, shown: Shown) -> None:
        if found := await asyncio.to_thread(lambda: shown.crosshair):
            self._caption = f"{found}  {shown.caption}"
            self._write_caption()

    def _write_caption(self, behind: str = "") -> None:
        line = self.query_one("#caption", OneLine)
        line.update(whole_parts(self._caption, line.size.width - len(behind)) + behind)

    def on_resize(self) -> None:
        """Fits the caption, once all have their new sizes."""
        self.call_after_refresh(self._write_caption)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def whole_parts(caption: str, room: int) -> str:
    """As many of a caption's parts, which two spaces part, as have room; of the first at least what fits."""
    line, *rest = caption.split("  ")
    for part in rest:
        if cell_len(line) + 2 + cell_len(part) > room:
            break
        line += f"  {part}"
    return line
