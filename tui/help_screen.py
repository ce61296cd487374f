"""The help screen: the command table, as it is."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from bddseg_tui.tui.shared.commands import LIST_KEYS, Command, bindings
from bddseg_tui.tui.shared.text_screen import TextScreen

_SPELLED = {
    "slash": "/",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "greater_than_sign": ">",
    "less_than_sign": "<",
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


HELP = (Command("dismiss", "question_mark,f1", "Close", "Close the help.", True),)


class HelpScreen(TextScreen):
    """Every key with a sentence."""

    ACTIONS = HELP
    BINDINGS = bindings(HELP)

    def __init__(self, groups: Sequence[tuple[str, Sequence[Command]]]) -> None:
        super().__init__(help_text(groups))


def help_text(groups: Sequence[tuple[str, Sequence[Command]]]) -> Table:
    """The commands by group, as one table."""
    table = Table(box=None, show_header=False, pad_edge=False, expand=True)
    table.add_column(width=14, style="bold")
    table.add_column(ratio=1)
    table.add_row("", Text("bddseg-tui: browse, train, evaluate, ask", style="bold"))
    table.add_row("lists", LIST_KEYS)
    for title, commands in groups:
        table.add_row("", "")
        table.add_row("", Text(title, style="bold underline"))
        for c in commands:
            keys = ", ".join(_SPELLED.get(k, k.replace("ctrl+", "^")) for k in c.keys.split(","))
            table.add_row(keys, c.help)
    return table
