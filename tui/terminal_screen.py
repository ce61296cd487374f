"""What is known of the terminal, and what would give it more, as a screen of the app."""

from rich.text import Text

from bddseg_tui.tui.shared.text_screen import TextScreen
from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal.report import advice, described

MORE = "I draws pictures in the next way. `bddseg-tui doctor` draws one in each, and keeps the best."


class TerminalScreen(TextScreen):
    """Lines as `bddseg-tui doctor` prints them."""

    def __init__(self, terminal: TerminalCapabilities, cell: tuple[int, int]) -> None:
        """Takes what is known.

        Args:
            terminal: what is known of it.
            cell: the width and height of a cell in pixels.
        """
        facts = [f"{name:<9} {value}" for name, value in described(terminal, cell)]
        super().__init__(Text("\n".join(["The terminal", "", *facts, "", *advice(terminal), "", MORE])))
