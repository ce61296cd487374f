"""The end of a run's log, its settings and its events."""

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class LogScreen(ModalScreen[None]):
    """Shows sanitized lines; j and k scroll."""

    BINDINGS = [
        Binding("escape,q,L", "dismiss", "Close"),
        Binding("j,down", "scroll(2)", show=False),
        Binding("k,up", "scroll(-2)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
    ]

    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog wide"):
            yield Static(Text(self._title, style="bold"))
            yield Static(Text(self._text))

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
