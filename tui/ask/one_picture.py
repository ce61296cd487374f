"""One picture on the whole screen, with a line below it."""

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Label

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.ask.commands import PICTURE
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.picture import PictureView


class OnePictureScreen(Screen[None]):
    """Escape goes back."""

    ACTIONS = PICTURE
    BINDINGS = bindings(PICTURE)

    def __init__(self, request: PictureRequest, line: str) -> None:
        super().__init__()
        self._request, self._line = request, line

    def compose(self) -> ComposeResult:
        """The picture and the line."""
        yield PictureView(id="full")
        yield Label(f"{self._line}   Esc back", id="full--caption", markup=False)

    def on_mount(self) -> None:
        """Draws the picture."""
        self.query_one(PictureView).show(self._request)
