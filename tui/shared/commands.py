"""What a command is: keys, footer, command palette and help are all made from tables of them.

A command is run by the action of its name: `Command("view_mask", ...)` runs `action_view_mask` of the app, screen,
pane or widget that lists it as one of its `ACTIONS`. Each feature's tables stand in its `commands.py`, those of the
app and of dialogs that several use stand here, and `tui/command_groups.py` has them all. Keys avoid ctrl+a and ctrl+b,
which tmux and screen take, and alt, which ssh sends as Escape.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Command:
    """`keys` is Textual's comma list; `label` is the footer's word or two; `help` is a sentence.

    A `priority` key is obeyed before the next key is looked at, so that what is typed right behind it, or arrives
    with it in one packet, goes where it leads.
    """

    action: str
    keys: str
    label: str
    help: str
    footer: bool = False
    shown_key: str | None = None
    priority: bool = False


def bindings(commands: Sequence[Command]) -> list[BindingType]:
    """The commands as Textual bindings."""
    return [
        Binding(c.keys, c.action, c.label, show=c.footer, key_display=c.shown_key, tooltip=c.help, priority=c.priority)
        for c in commands
    ]


APP = (
    Command("show('dataset')", "1", "Dataset", "Browse images, masks and predictions."),
    Command("show('train')", "2", "Train", "Start runs and watch them."),
    Command("show('evaluate')", "3", "Evaluate", "Read and compare evaluations."),
    Command("show('ask')", "4", "Ask", "Ask questions; an image that fits is found and looked at."),
    Command("help", "question_mark,f1", "Help", "Show every key.", True, "?"),
    Command("command_palette", "ctrl+p,colon", "Commands", "Search every command.", False, "^p"),
    Command("open_dataset", "O", "Open", "Open another dataset, or draw the demo."),
    Command("workspace", "W", "Workspace", "See what takes room in the workspace, and free it."),
    Command("cycle_images", "I", "Images", "Draw pictures as characters, Sixel, Kitty, iTerm2 or not at all."),
    Command("terminal", "f2", "Terminal", "See what is known of the terminal, and what would give it more."),
    Command("toggle_theme", "D", "Dark/light", "Switch between the dark and the light theme."),
    Command("redraw", "ctrl+l", "Redraw", "Draw everything anew.", False, "^l"),
    Command("quit", "q", "Quit", "Leave; training runs go on.", True),
    Command("quit", "ctrl+c", "Quit", "Leave, wherever the cursor is.", priority=True),
)

LIST = (
    Command("cursor_down", "j", "Down", "Go down in a list or table, as the arrow does."),
    Command("cursor_up", "k", "Up", "Go up in a list or table, as the arrow does."),
    Command("first", "g", "First", "Go to the first row of a list."),
    Command("last", "G", "Last", "Go to the last row of a list."),
)
TABLE = LIST[:2]

SIDES = (
    Command("move_divider(-1)", "left_curly_bracket", "Narrower left", "Give the left side less room.", False, "{"),
    Command("move_divider(1)", "right_curly_bracket", "Wider left", "Give the left side more room.", False, "}"),
)
"""Of panes with two sides: also a drag of the line between them with the mouse."""

CHOOSE = (
    Command("dismiss(None)", "escape", "Cancel", "Close the list without a choice.", True),
    Command("move(1)", "down,ctrl+n", "Down", "Go to the next choice.", priority=True),
    Command("move(-1)", "up", "Up", "Go to the choice before.", priority=True),
    Command("move(8)", "pagedown", "Page down", "Go on by eight choices.", priority=True),
    Command("move(-8)", "pageup", "Page up", "Go back by eight choices.", priority=True),
)

PROMPT = (Command("dismiss(None)", "escape", "Cancel", "Close the field without an answer.", True),)

CONFIRM = (
    Command("dismiss(True)", "y", "Yes", "Do what cannot be undone.", True),
    Command("dismiss(False)", "n,escape,q", "No", "Leave everything as it is.", True),
)

TEXT = (
    Command("dismiss", "escape,q", "Close", "Close the text.", True),
    Command("scroll(2)", "j,down", "Down", "Scroll the text down."),
    Command("scroll(-2)", "k,up", "Up", "Scroll the text up."),
    Command("scroll(15)", "pagedown,space", "Page down", "Scroll down by a page."),
    Command("scroll(-15)", "pageup", "Page up", "Scroll up by a page."),
)

FORM = (
    Command("dismiss(None)", "escape", "Cancel", "Close the form; nothing is kept.", True),
    Command("app.focus_next", "down,ctrl+n", "Next field", "Go to the next field."),
    Command("app.focus_previous", "up,ctrl+k", "Field before", "Go to the field before."),
)

LIST_KEYS = "j/k or arrows move, g and G go to the ends, PageUp and PageDown page, Enter opens, Escape goes back"
