"""A list to choose from; typing narrows it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, Label
from textual.worker import Worker, get_current_worker

from bddseg_tui.tui.shared.choice_list import ChoiceList
from bddseg_tui.tui.shared.commands import CHOOSE, bindings
from bddseg_tui.tui.shared.worker_errors import tell_failure

Value = TypeVar("Value")
Choices = Sequence[tuple[str | Text, Value]]
Search = Callable[[str, Callable[[], bool]], Choices[Value]]
"""Finds choices by a text, in a thread; the second argument says whether nobody waits for it any more."""
PAUSE_S = 0.12
"""Without a letter, before a search in a thread begins."""


@dataclass(frozen=True)
class _Found(Generic[Value]):
    """What a search for a text found."""

    text: str
    choices: Choices[Value]


class ChooseScreen(ModalScreen[Value | None], Generic[Value]):
    """Dismisses with the chosen value, or None on Escape. Labels must be sanitized.

    What is typed narrows the labels, or is what `search` finds, where there is one.
    """

    ACTIONS = CHOOSE
    BINDINGS = bindings(CHOOSE)

    AUTO_FOCUS = "Input"

    class Searched(Message):
        """A thread has searched."""

        def __init__(self, found: _Found[object]) -> None:
            super().__init__()
            self.found = found

    def __init__(
        self,
        title: str,
        choices: Choices[Value],
        current: Value | None = None,
        search: Search[Value] | None = None,
    ) -> None:
        super().__init__()
        self._title, self._choices, self._current = title, list(choices), current
        self._shown = self._choices
        self._search = search
        self._words = [] if search else [str(label).lower() for label, _ in self._choices]
        self._pause: Timer | None = None
        self._wanted: str | None = None
        self._submitted = False

    def compose(self) -> ComposeResult:
        """A title, the field, the list, and the keys."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="dialog--title", markup=False)
            yield Input(placeholder="type to narrow", compact=True)
            yield ChoiceList()
            yield Label("↑↓ move   Enter choose   Esc cancel", classes="dialog--hint")

    def on_mount(self) -> None:
        """Shows all choices, with the cursor on the current one."""
        self.query_one(Input).cursor_blink = False
        values = [value for _, value in self._choices]
        self._show(self._choices, values.index(self._current) if self._current in values else 0)

    def action_move(self, by: int) -> None:
        """Moves the cursor."""
        self.query_one(ChoiceList).move(by)

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        text = event.value.strip()
        if self._pause is not None:
            self._pause.stop()
        if self._search is None:
            wanted = text.lower().split()
            self._show([c for c, own in zip(self._choices, self._words, strict=True) if all(w in own for w in wanted)])
        elif text:
            self._wanted = text
            self._pause = self.set_timer(PAUSE_S, lambda: self._find(text))
        else:
            self._wanted = None
            self._show(self._choices)

    @work(thread=True, exclusive=True, group="search", exit_on_error=False)
    def _find(self, text: str) -> None:
        assert self._search is not None
        worker = get_current_worker()
        choices = self._search(text, lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.post_message(self.Searched(_Found(text, choices)))

    @on(Searched)
    def _searched(self, message: Searched) -> None:
        if message.found.text != self._wanted:
            return
        self._wanted = None
        self._show(list(message.found.choices))  # type: ignore[arg-type]
        if self._submitted:
            self._choose()

    @on(Input.Submitted)
    def _submit(self) -> None:
        # What was typed last is still being searched for: the first that is found is meant.
        self._submitted = self._wanted is not None
        if not self._submitted:
            self._choose()

    @on(ChoiceList.Chosen)
    def _choose(self) -> None:
        self._submitted = False
        if self._shown:
            self.dismiss(self._shown[self.query_one(ChoiceList).cursor][1])

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)

    def _show(self, choices: list[tuple[str | Text, Value]], cursor: int = 0) -> None:
        self._shown = choices
        self.query_one(ChoiceList).show([label for label, _ in choices], cursor)
