"""A text that lies over the screen and scrolls."""

from collections.abc import Sequence
from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from bddseg_tui.tui.shared.commands import TEXT, Command, bindings


class TextScreen(ModalScreen[None]):
    """Shows what it is given; j, k and the page keys scroll, Escape closes."""

    AUTO_FOCUS = "VerticalScroll"
    ACTIONS: ClassVar[Sequence[Command]] = TEXT
    BINDINGS = bindings(TEXT)

    def __init__(self, *parts: RenderableType) -> None:
        super().__init__()
        self._parts = parts

    def compose(self) -> ComposeResult:
        """The parts, one below the other."""
        with VerticalScroll(classes="dialog wide"):
            for part in self._parts:
                yield Static(part)

    def action_scroll(self, by: int) -> None:
        """Scrolls by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
