"""How many bytes a picture may take."""

import os
from collections.abc import Mapping

from bddseg_tui.tui.terminal.protocol import ImageProtocol

SLOW_LINE = 100_000
"""Over SSH: on a line of 1 Mbit/s a picture is there in less than a second."""
LOCAL = 800_000
"""In a pane nothing is lost that one sees; a Sixel of more takes a terminal longer to draw."""


def picture_limit(setting: int, answered: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Bytes for a picture in a pane.

    Args:
        setting: what a person has set; 0 for nothing.
        answered: whether the terminal has said anything yet. One that does not may be anywhere.
        environ: where sshd says that it is there.
    """
    if setting:
        return setting
    return SLOW_LINE if "SSH_CONNECTION" in environ or "SSH_TTY" in environ or not answered else LOCAL


def limit_here(limit: int, protocol: ImageProtocol, fills_screen: bool, rushing: bool, panels: int) -> int:
    """The most bytes of one of `panels` pictures that are shown at once: `limit` is that of a pane.

    They may take twice as many where they fill the screen, and a quarter while they follow each other quickly.
    Characters take what they take.
    """
    if protocol not in ("sixel", "kitty", "iterm2"):
        return limit
    return limit * (2 if fills_screen else 1) // (4 if rushing else 1) // panels
