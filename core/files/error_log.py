"""What is said of an error that nobody foresaw: a line where its cause lies outside, else a log with its traceback."""

import os
import sqlite3
import time
import traceback
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.files.log_file import append_to_log
from bddseg_tui.core.sanitize import sanitize, sanitize_path

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
    """Appends an error's traceback to the log of a folder and returns the log; None where that fails."""
    head = time.strftime("%Y-%m-%d %H:%M:%S ") + f"{os.getpid()} ERROR {type(error).__name__}\n"
    return append_to_log(folder, head + "".join(traceback.format_exception(error)))


def mistake(error: BaseException, log: Path | None) -> str:
    """What is said of an error that must be a mistake of ours, whose traceback is in `log`."""
    what = f"{type(error).__name__}: {sanitize(str(error))[:200]}"
    more = f"{sanitize_path(log)} has its traceback" if log else "BDDSEG_DEBUG=1 shows its traceback"
    return f"a mistake of this program ({what}): please report it; {more}"
