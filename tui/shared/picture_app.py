"""What a widget with pictures asks of the app that it is in."""

from typing import Protocol

from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.protocol import ImageProtocol


class PictureApp(Protocol):
    """How it draws pictures now."""

    terminal: TerminalCapabilities
    protocol: ImageProtocol
    picture_limit: int
    color_count: Colors
    cell: tuple[int, int]

    @property
    def draws(self) -> bool:
        """Whether what is rendered is sent."""
