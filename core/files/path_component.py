"""Names from outside that become part of a path: none may lead out of the folder that it belongs in."""

import os
from pathlib import Path

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize

_LONGEST = 200
"""Bytes. Names may have 255, and something is still put before or behind them."""


def path_component(text: str, what: str) -> str:
    """Returns the text if it can be one part of a path as it is.

    Args:
        text: from a person, a file or a process.
        what: what it names, for the message: "a split", "a checkpoint".

    Raises:
        UsageError: it is empty, too long, hidden, or holds a separator or a control character.
    """
    refused = not text or text.startswith(".") or "/" in text or "\\" in text or sanitize(text) != text
    if refused or len(os.fsencode(text)) > _LONGEST:
        raise UsageError(f"{what} is one plain name, not {sanitize(text)[:80]!r}")
    return text


def inside(root: Path, relative: str | os.PathLike[str]) -> Path | None:
    """Returns the path `relative` below `root` without its `..`, or None where it would leave it.

    Only the words are looked at. A link below `root` is its owner's, who may keep pictures elsewhere; whoever
    unpacks files of strangers has to look for links too.
    """
    if "\0" in os.fspath(relative):
        return None
    path = Path(os.path.normpath(root / relative))
    base = Path(os.path.normpath(root))
    return path if path != base and path.is_relative_to(base) else None
