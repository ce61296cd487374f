"""What a terminal is asked of itself, and its answers among what it sends.

Sources: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (XTVERSION, XTGETTCAP, DECRQSS, DA1),
https://sw.kovidgoyal.net/kitty/graphics-protocol/ ("Querying support and available transmission mediums").
"""

import os
import re
import select
import termios
import time
import tty
from dataclasses import replace

from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.terminal.capabilities import TerminalAnswers, TerminalCapabilities

_SIXEL_ATTRIBUTE = "4"
_ANSWER = re.compile(
    r"\x1b\[\?(?P<attributes>[\d;]*)c"
    r"|\x1bP>\|(?P<program>[^\x1b]*)\x1b\\"
    r"|\x1bP(?P<has_rgb>[01])\+r(?P<capability>[^\x1b]*)\x1b\\"
    r"|\x1bP[01]\$r(?P<rendition>[^\x1b]*)\x1b\\"
    r"|\x1b_G(?P<kitty>[^\x1b]*)\x1b\\"
)
_BEGINNING = re.compile(r"\x1b(\[(\?[\d;]*)?|(P[01>]|_G)[^\x1b]{0,200}\x1b?)?$")
_RGB = "524742"
"""The capability's name, in hexadecimal."""
_ASK_ATTRIBUTES = "\x1b[c"
_ASK_ALL = (
    # XTVERSION, XTGETTCAP, a colour of which DECRQSS tells what has become of it, and whether there are pictures.
    f"\x1b[>q\x1bP+q{_RGB}\x1b\\\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[m"
    "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" + _ASK_ATTRIBUTES
)
"""Device Attributes come last: every terminal answers to them, and what has not been answered by then never will be."""
_ASK_TMUX = f"\x1b[>q{_ASK_ATTRIBUTES}"
_KEPT_COLOR = re.compile(r"48[:;]2[:;]+(\d*[:;])?1[:;]2[:;]3(\D|$)")


def queries(known: TerminalCapabilities) -> str:
    """What a terminal is asked of which so much is known."""
    if known.multiplexer == "tmux":
        return _ASK_TMUX
    return _ASK_ALL if known.may_be_asked else _ASK_ATTRIBUTES


def take_answers(said: TerminalAnswers, data: str) -> tuple[TerminalAnswers, str]:
    """(what has been said by now, the data without the answers); behind the last answer nothing is looked at."""
    while said.sixel is None and (match := _ANSWER.search(data)):
        data = data[: match.start()] + data[match.end() :]
        said = _with_answer(said, match)
    return said, data


def cut_answer(data: str) -> tuple[str, str]:
    """(data, the beginning of an answer at its end). Escape alone, or with one more character, is a key."""
    begun = _BEGINNING.search(data)
    if begun is None or len(begun[0]) <= 2:
        return data, ""
    return data[: begun.start()], begun[0]


def _with_answer(said: TerminalAnswers, match: re.Match[str]) -> TerminalAnswers:
    parts = match.groupdict()
    if parts["attributes"] is not None:
        return replace(said, sixel=_SIXEL_ATTRIBUTE in parts["attributes"].split(";")[1:])
    if parts["program"] is not None:
        return replace(said, program=sanitize(parts["program"])[:80])
    if parts["kitty"] is not None:
        return replace(said, kitty=parts["kitty"].endswith(";OK"))
    if parts["capability"] is not None:
        has, by = parts["has_rgb"] == "1" and parts["capability"].startswith(_RGB), "XTGETTCAP"
    else:
        has, by = _KEPT_COLOR.search(parts["rendition"]) is not None, "DECRQSS"
    return said if said.rgb else replace(said, rgb=has, rgb_by=by)


def ask_terminal(known: TerminalCapabilities, terminal: int, patience_s: float) -> TerminalAnswers | None:
    """What a terminal says, for a command that can wait; None where it says nothing in that time.

    `terminal` is its file descriptor, for reading and writing; what is typed meanwhile is lost.
    """
    before = termios.tcgetattr(terminal)
    said, data = TerminalAnswers(), ""
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        os.write(terminal, queries(known).encode())
        deadline = time.monotonic() + patience_s
        while said.sixel is None and (left := deadline - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                data += os.read(terminal, 4096).decode("utf-8", "replace")
                said, data = take_answers(said, data)
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    return said if said.sixel is not None else None
