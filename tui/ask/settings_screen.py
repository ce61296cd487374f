"""The settings of index and chat: a field each, checked as one types, kept in the workspace."""

from dataclasses import asdict
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.retrieval.options import HELP, NAMES, Retrieval, check_value
from bddseg_tui.tui.ask.commands import SETTINGS
from bddseg_tui.tui.shared.commands import bindings


class RetrievalSettingsScreen(ModalScreen[dict[str, Any] | None]):
    """Dismisses with what was changed, or None on Escape."""

    AUTO_FOCUS = "Input"
    ACTIONS = SETTINGS
    BINDINGS = bindings(SETTINGS)

    def __init__(self, options: Retrieval) -> None:
        super().__init__()
        self._old = {name: _as_text(value) for name, value in asdict(options).items()}

    def compose(self) -> ComposeResult:
        """A field for each setting."""
        with Vertical(classes="dialog wide", id="retrieval-settings"):
            yield Label("Models, server and search", classes="dialog--title")
            with VerticalScroll(can_focus=False):
                for name in NAMES:
                    with Horizontal(classes="configure--row"):
                        yield Label(name, classes="configure--name")
                        yield Input(self._old[name], id=f"option-{name}", compact=True)
                        yield Static(HELP[name], classes="configure--help", id=f"about-{name}", markup=False)
            yield Label("", id="settings--error", markup=False)
            yield Label("^s or F5 save   ↑↓ Tab move   Esc cancel", classes="dialog--hint")

    def on_mount(self) -> None:
        """Keeps the cursors still."""
        for field in self.query(Input):
            field.cursor_blink = False

    @on(Input.Changed)
    def _changed(self) -> None:
        self._check()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_save()

    def action_save(self) -> None:
        """Gives back what was changed."""
        values = self._check()
        if values is not None:
            self.dismiss({k: v for k, v in values.items() if _as_text(v) != self._old[k]})

    def _check(self) -> dict[str, Any] | None:
        """The values of all fields, or None with the first mistake shown."""
        values, problem = {}, ""
        for name in NAMES:
            try:
                values[name] = check_value(name, self.query_one(f"#option-{name}", Input).value)
            except UsageError as error:
                problem = problem or str(error)
        self.query_one("#settings--error", Label).update(problem)
        return None if problem else values


def _as_text(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
