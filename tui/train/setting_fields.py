"""The fields of the form of a new run: up and down move between them, left and right go through choices."""

from typing import Any

from textual.containers import VerticalScroll
from textual.widgets import Input, Select

from bddseg_tui.core.runs.settings_table import Setting
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.train.commands import CHOICE
from bddseg_tui.tui.train.run_form import shown_value

Field = Input | Select[Any]


class Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls with the focus. Its own up and down would take the keys before they reach the form."""


class ChoiceField(Select[str], inherit_bindings=False):
    """A choice whose list is opened by Enter or space alone."""

    ACTIONS = CHOICE
    BINDINGS = bindings(CHOICE)

    def __init__(self, choices: tuple[str, ...], value: str, id: str) -> None:  # noqa: A002
        super().__init__([(c, c) for c in choices], value=value, allow_blank=False, id=id, compact=True)
        self._choices = choices

    def action_step(self, by: int) -> None:
        """Goes on by so many choices, around the ends."""
        self.value = self._choices[(self._choices.index(str(self.value)) + by) % len(self._choices)]


def setting_field(setting: Setting) -> Field:
    """A field for a setting, with its default."""
    field_id = f"set-{setting.name}"
    if setting.choices:
        return ChoiceField(setting.choices, shown_value(setting.default), field_id)
    return Input(shown_value(setting.default), id=field_id, compact=True)
