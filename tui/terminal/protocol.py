"""Which picture protocol a terminal takes, without ever waiting for it to answer.

textual-image asks the terminal while it is imported and waits for each answer: up to 2.3 s where none comes, and
too short where the line is slow. Here the environment decides where it can; else the app starts with characters
and one Device Attributes query (DA1), whose answer switches to Sixel whenever it arrives.
"""

import fcntl
import os
import struct
import sys
import termios
from typing import Literal

ImageProtocol = Literal["kitty", "sixel", "octant", "sextant", "quadrant", "halfblock", "none"]
PROTOCOLS: tuple[ImageProtocol, ...] = ("quadrant", "sextant", "octant", "halfblock", "sixel", "kitty", "none")
SIXEL_ATTRIBUTE = 4


def guess_protocol(
    wanted: str, environ: "os._Environ[str] | dict[str, str]" = os.environ
) -> tuple[ImageProtocol, bool]:
    """(protocol to start with, whether a DA1 answer may change it to Sixel)."""
    if wanted in PROTOCOLS:
        return wanted, False
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or environ.get("STY") or term.startswith(("tmux", "screen")):
        # Multiplexers swallow pictures, or keep ghosts of them; characters are text and survive.
        return cells_of(environ), False
    if environ.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return "kitty", False
    if program in ("WezTerm", "iTerm.app", "rio") or term.startswith(("foot", "mlterm", "contour", "yaft")):
        return "sixel", False
    return cells_of(environ), True


def cells_of(environ: "os._Environ[str] | dict[str, str]") -> ImageProtocol:
    """The characters that a terminal draws pictures with: what the font of a Linux console lacks, all others have."""
    return "halfblock" if environ.get("TERM", "") == "linux" else "quadrant"


def cell_pixels() -> tuple[int, int]:
    """(width, height) in pixels of one cell, as the terminal told the kernel; 10 x 20 where it did not."""
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            if stream is None:
                continue
            packed = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
        except (OSError, ValueError):
            continue
        rows, columns, width, height = struct.unpack("HHHH", packed)
        if rows and columns and width >= columns and height >= rows:
            return width // columns, height // rows
    return 10, 20
