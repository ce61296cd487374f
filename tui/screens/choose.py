"""A list to choose from; typing narrows it."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

Value = TypeVar("Value")


class ChooseScreen(ModalScreen[Value | None], Generic[Value]):
    """Dismisses with the chosen value, or None on Escape. Labels must be sanitized."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
    ]

    AUTO_FOCUS = "Input"

    def __init__(self, title: str, choices: Sequence[tuple[str | Text, Value]], current: Value | None = None) -> None:
        super().__init__()
        self._title, self._choices, self._current = title, list(choices), current
        self._shown = self._choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="dialog--title", markup=False)
            yield Input(placeholder="type to narrow", compact=True)
            yield OptionList(*self._options(), compact=True)
            yield Label("↑↓ move   Enter choose   Esc cancel", classes="dialog--hint")

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.can_focus = False
        self.query_one(Input).cursor_blink = False
        values = [value for _, value in self._choices]
        options.highlighted = values.index(self._current) if self._current in values else 0

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if options.option_count:
            options.highlighted = max(0, min((options.highlighted or 0) + by, options.option_count - 1))

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        wanted = event.value.lower().split()
        self._shown = [c for c in self._choices if all(w in str(c[0]).lower() for w in wanted)]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(self._options())
        options.highlighted = 0 if self._shown else None

    @on(Input.Submitted)
    def _submit(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None and self._shown:
            self.dismiss(self._shown[highlighted][1])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index][1])

    def _options(self) -> list[Option]:
        return [Option(label if isinstance(label, Text) else Text(label)) for label, _ in self._shown]
