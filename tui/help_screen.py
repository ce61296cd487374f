"""The help screen: the command table, that of the pane at hand first, and searched."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.keys import format_key
from textual.widgets import Input, Static

from bddseg_tui.tui.shared.commands import LIST_KEYS, Command, bindings
from bddseg_tui.tui.shared.text_screen import TextScreen

_SPELLED = {
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "home": "Home",
    "end": "End",
    "pageup": "PageUp",
    "pagedown": "PageDown",
}


HELP = (
    Command("dismiss", "question_mark,f1", "Close", "Close the help.", True),
    Command("search", "slash", "Search", "Show only the keys whose help has some words; Esc shows all again.", True),
)
Group = tuple[str, Sequence[Command]]


class HelpScreen(TextScreen):
    """Every key with a sentence: those of the screen and pane at hand first, or those that are searched for."""

    ACTIONS = HELP
    BINDINGS = bindings(HELP)

    def __init__(self, groups: Sequence[Group], here: str = "", own: Sequence[Command] = ()) -> None:
        """Takes all groups; that of the commands `own` comes first, then those whose title begins with `here`."""
        near = [group for group in groups if own and group[1] is own]
        near += [group for group in groups if here and group[0].startswith(here) and group not in near]
        self._groups = [*near, *(group for group in groups if group not in near)]
        super().__init__()

    def compose(self) -> ComposeResult:
        """The field to search in, above the keys."""
        with VerticalScroll(classes="dialog wide"):
            yield Input(placeholder="/ search the keys", id="help--search", compact=True)
            yield Static(help_text(self._groups), id="help--text")

    def action_search(self) -> None:
        """Goes to the field."""
        self.query_one(Input).focus()

    async def action_dismiss(self, result: None = None) -> None:
        """Leaves the field, then the help."""
        field = self.query_one(Input)
        if field.has_focus or field.value:
            field.value = ""
            self.query_one(VerticalScroll).focus()
        else:
            self.dismiss(result)

    @on(Input.Submitted)
    def _searched(self) -> None:
        self.query_one(VerticalScroll).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        found = matching(self._groups, event.value)
        text = help_text(found) if found else Text("no key is described in these words", style="dim")
        self.query_one("#help--text", Static).update(text)
        self.query_one(VerticalScroll).scroll_home(animate=False)


def matching(groups: Sequence[Group], words: str) -> list[Group]:
    """The commands whose key, name, help or group has all these words, by group."""
    wanted = words.casefold().split()

    def fits(title: str, command: Command) -> bool:
        text = f"{title} {command.label} {command.help}".casefold()
        return all(word in text or word == _spelled(command).casefold() for word in wanted)

    left = [(title, [command for command in commands if fits(title, command)]) for title, commands in groups]
    return [(title, commands) for title, commands in left if commands]


def _spelled(command: Command) -> str:
    return ", ".join(_SPELLED.get(key) or _named(key) for key in command.keys.split(","))


def _named(key: str) -> str:
    """A key as the footers write it; those of punctuation as their signs."""
    return key.upper() if key[1:].isdigit() else format_key(key).replace("ctrl+", "^")


def help_text(groups: Sequence[Group]) -> Table:
    """The commands by group, as one table."""
    table = Table(box=None, show_header=False, pad_edge=False, expand=True)
    table.add_column(width=14, style="bold")
    table.add_column(ratio=1)
    table.add_row("", Text("bddseg-tui: browse, train, evaluate, ask", style="bold"))
    table.add_row("lists", LIST_KEYS)
    for title, commands in groups:
        table.add_row("", "")
        table.add_row("", Text(title, style="bold underline"))
        for command in commands:
            table.add_row(_spelled(command), command.help)
    return table
