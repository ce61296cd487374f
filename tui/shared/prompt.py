"""Two small questions: a yes or no, and a line of text."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from bddseg_tui.tui.shared.commands import CONFIRM, PROMPT, bindings


class ConfirmScreen(ModalScreen[bool]):
    """Dismisses with True on `y`. Nothing else confirms, since what is asked cannot be undone."""

    ACTIONS = CONFIRM
    BINDINGS = bindings(CONFIRM)

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self._question, self._consequence = question, consequence

    def compose(self) -> ComposeResult:
        """The question, what follows from it, and the keys."""
        with Vertical(classes="dialog"):
            yield Label(self._question, classes="dialog--title", markup=False)
            yield Label(self._consequence, classes="dialog--text", markup=False)
            yield Label("y yes   n no", classes="dialog--hint")


class PromptScreen(ModalScreen[str | None]):
    """Dismisses with the line that was typed, or None on Escape."""

    ACTIONS = PROMPT
    BINDINGS = bindings(PROMPT)

    AUTO_FOCUS = "Input"

    def __init__(
        self, title: str, placeholder: str = "", value: str = "", known: Sequence[str] = (), empty: bool = False
    ) -> None:
        """With `empty`, an empty line is an answer too."""
        super().__init__()
        self._empty = empty
        self._title, self._placeholder, self._value, self._known = title, placeholder, value, known

    def compose(self) -> ComposeResult:
        """The question, what follows from it, and the keys."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="dialog--title", markup=False)
            suggester = SuggestFromList(self._known, case_sensitive=False) if self._known else None
            yield Input(self._value, placeholder=self._placeholder, suggester=suggester, compact=True)
            yield Label("Enter accept   → complete   Esc cancel", classes="dialog--hint")

    def on_mount(self) -> None:
        """Keeps the cursor from blinking, which sends bytes for ever."""
        self.query_one(Input).cursor_blink = False

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or ("" if self._empty else None))
