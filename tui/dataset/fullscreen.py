"""One picture on the whole screen, with the keys of the Dataset pane."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult

from bddseg_tui.tui.dataset.commands import FULL_SCREEN
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.quiet_screen import QuietScreen

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane


class FullScreen(QuietScreen[None]):
    """Follows the pane: j and k go on to the next sample, i m o p e v + - change the view."""

    ACTIONS = FULL_SCREEN
    BINDINGS = bindings(FULL_SCREEN)

    def __init__(self, pane: "DatasetPane") -> None:
        super().__init__()
        self._pane = pane
        self._caption = ""

    def compose(self) -> ComposeResult:
        yield PictureView(id="full")
        yield OneLine(id="full--caption")

    def on_mount(self) -> None:
        self.update()

    def update(self) -> None:
        """Shows what the pane would show."""
        request, neighbours, message = self._pane.picture()
        self.query_one(PictureView).show(request, neighbours, message, about=self._pane.caption())

    @on(PictureView.Ready)
    def _picture_ready(self, event: PictureView.Ready) -> None:
        self._caption = str(event.about)
        self._write("j/k next/previous  v view  Esc back")

    @on(PictureView.Late)
    def _picture_late(self) -> None:
        self._write("…")

    def _write(self, behind: str) -> None:
        self.query_one("#full--caption", OneLine).update(f"{self._caption}   {behind}")

    def action_step(self, by: int) -> None:
        self._pane.step(by)

    def action_view(self, view: str) -> None:
        self._pane.action_view(view)

    def action_next_view(self) -> None:
        self._pane.action_next_view()

    def action_opacity(self, by: float) -> None:
        self._pane.action_opacity(by)

    def action_highlight(self, by: int) -> None:
        self._pane.action_highlight(by)
