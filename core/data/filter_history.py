"""The filters that were used, a line each, the newest last: for this person alone."""

from pathlib import Path

from bddseg_tui.core.files.append import append_lines
from bddseg_tui.core.files.atomic import PRIVATE, write_bytes
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize

MOST = 200
"""Filters that are told."""
_LARGEST = 1 << 22
_ENOUGH = 1 << 17
"""Bytes; a longer file is written anew with the last filters alone."""


def load_history(path: Path) -> tuple[str, ...]:
    """The last filters, each once; none where the file cannot be read, of which nobody needs to hear."""
    try:
        data = read_regular(path, _LARGEST)
    except OSError:
        return ()
    lines = (sanitize(line).strip() for line in data.decode("utf-8", "replace").splitlines())
    # The last of several that are the same stays where it is.
    newest_first = dict.fromkeys(line for line in reversed([*lines]) if line)
    return tuple(reversed([*newest_first][:MOST]))


def remember_filter(path: Path, text: str) -> None:
    """Adds a filter.

    Raises:
        BddsegError: the disk is full or cannot be written.
    """
    line = sanitize(text).strip().encode("utf-8", "replace") + b"\n"
    try:
        if path.exists() and path.stat().st_size > _ENOUGH:
            kept = "".join(f"{text}\n" for text in load_history(path))
            write_bytes(path, kept.encode("utf-8", "replace"), mode=PRIVATE)
        append_lines(path, line, lambda there: b"")
    except OSError as error:
        raise disk_error(error, path) from error
