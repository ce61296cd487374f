"""What is said of an error that nobody foresaw: a line where its cause lies outside, else a log with its traceback."""

import contextlib
import os
import sqlite3
import time
import traceback
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.sanitize import sanitize

LOG = "errors.log"
LARGEST = 1 << 20
"""Bytes of the log: beyond them its older half goes."""
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (sqlite3.Error, "a database cannot be used: {}"),
    (RecursionError, "something in the input is nested too deeply"),
    (MemoryError, "there is not enough memory"),
    (UnicodeError, "a text or a name is no valid Unicode: {}"),
    (OverflowError, "a number is too large: {}"),
    (NotImplementedError, "this is not supported: {}"),
)


def explained(error: BaseException) -> str | None:
    """One line for an error whose cause lies outside the program; None for one that must be a mistake of ours."""
    if isinstance(error, BddsegError):
        return str(error)
    if isinstance(error, OSError):
        return _of_system(error)
    for kind, text in _KINDS:
        if isinstance(error, kind):
            return text.format(sanitize(str(error))[:200] or type(error).__name__)
    return None


def _of_system(error: OSError) -> str:
    if error.filename:
        return str(disk_error(error, deed="used"))
    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return "the current folder is gone: go to one that exists"
    return f"the output or a file cannot be written: {disk_reason(error)}"


def _is_somewhere() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def keep_traceback(error: BaseException, folder: Path) -> Path | None:
    """Appends an error's traceback to the log of a folder, for its owner's eyes alone; None where that fails."""
    path = folder / LOG
    text = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")[-LARGEST // 2 :]
    head = time.strftime("\n%Y-%m-%d %H:%M:%S ").encode() + f"process {os.getpid()}\n".encode()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        with os.fdopen(handle, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            if size > LARGEST:
                file.seek(size - LARGEST // 2)
                kept = file.read()
                file.truncate(0)
                file.write(kept)
            file.write(head + text)
        return path
    return None
