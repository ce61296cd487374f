"""Paths in little room: broken at slashes, or cut at the front."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

TOAST_WIDTH = 56
"""Columns of the text of Textual's toasts."""


@dataclass(frozen=True)
class FoldedText:
    """A text whose paths are broken at slashes, whatever width it is drawn at."""

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The text as it fits."""
        yield Text(fold_at_slashes(self.text, options.max_width))


def fold_at_slashes(text: str, width: int) -> str:
    """The text with words longer than `width` broken behind the last slash that fits, so that no name is torn.

    >>> print(fold_at_slashes("written to /data/runs/0003-strong/report", 20))
    written to
    /data/runs/
    0003-strong/report
    """
    return "\n".join(_fold_line(line, width) for line in text.split("\n")) if width > 0 else text


def _fold_line(line: str, width: int) -> str:
    folded: list[str] = []
    for word in line.split(" "):
        if "/" not in word or len(word) <= width:
            folded.append(word)
            continue
        while len(word) > width and (at := word.rfind("/", 0, width)) > 0:
            folded.append(f"\n{word[: at + 1]}")
            word = word[at + 1 :]
        folded.append(f"\n{word}")
    return " ".join(folded).replace(" \n", "\n").removeprefix("\n")


def path_end(path: str, width: int) -> str:
    """The end of a path from a slash on, with dots for what is left out; all of it where there is room.

    >>> path_end("/home/someone/data/bdd100k", 16)
    '…/data/bdd100k'
    """
    if len(path) <= width:
        return path
    at = path.find("/", max(0, len(path) - width + 1))
    return f"…{path[at:]}" if at >= 0 else f"…{path[len(path) - width + 1 :]}"
