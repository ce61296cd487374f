"""The help screen: the command table, as it is."""

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.commands import GROUPS, LIST_KEYS

_SPELLED = {
    "slash": "/",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "colon": ":",
    "left": "←",
    "right": "→",
    "equals_sign": "=",
}


class HelpScreen(ModalScreen[None]):
    """Every key with a sentence; j and k scroll."""

    BINDINGS = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close"),
        Binding("j,down", "scroll(2)", show=False),
        Binding("k,up", "scroll(-2)", show=False),
        Binding("pagedown,space", "scroll(15)", show=False),
        Binding("pageup", "scroll(-15)", show=False),
    ]

    AUTO_FOCUS = "VerticalScroll"

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog wide"):
            yield Static(help_text())

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def help_text() -> Table:
    """The commands by group, as one table."""
    table = Table(box=None, show_header=False, pad_edge=False, expand=True)
    table.add_column(width=14, style="bold")
    table.add_column(ratio=1)
    table.add_row("", Text("bddseg-tui: browse, train, evaluate", style="bold"))
    table.add_row("lists", LIST_KEYS)
    for title, commands in GROUPS:
        table.add_row("", "")
        table.add_row("", Text(title, style="bold underline"))
        for c in commands:
            keys = ", ".join(_SPELLED.get(k, k.replace("ctrl+", "^")) for k in c.keys.split(","))
            table.add_row(keys, c.help)
    return table
