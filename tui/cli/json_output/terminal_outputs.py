"""Of the terminal."""

from typing import Literal

from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Line
from bddseg_tui.tui.cli.json_output.closed import closed
from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.protocol import ImageProtocol


@closed
class TmuxFacts(TypedDict):
    """What tmux says of itself and of the terminal around it."""

    version: Line
    outer_term: Line
    outer_program: Line
    features: list[Line]
    sixel: bool
    passthrough: bool


@closed
class TerminalReport(TypedDict):
    """`doctor`."""

    terminal: Line
    """Program and version; empty where nothing is known."""
    term: Line
    answered: bool
    multiplexer: Literal["", "tmux", "screen"]
    ssh: bool
    colours: Colors
    colours_because: Line
    pictures: ImageProtocol
    pictures_because: Line
    braille: bool
    cell_width: Count
    cell_height: Count
    tmux: TmuxFacts | None
    seen: ImageProtocol | None
    """How pictures were chosen to be drawn in this terminal."""
    advice: list[Line]
