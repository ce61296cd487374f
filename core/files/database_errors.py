"""What an error of SQLite means and what to do about it: each of its codes has its own true words."""

import os
import sqlite3
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.sanitize import sanitize, sanitize_path

UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN)
"""What SQLite says, even to one who only reads, where the disk is full or may not be written."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_READONLY: "it is read-only: check who owns it, or name another workspace with --workspace",
    sqlite3.SQLITE_BUSY: "another process is writing it and does not let go: try again",
    sqlite3.SQLITE_LOCKED: "another process is writing it and does not let go: try again",
    sqlite3.SQLITE_IOERR: "the disk reports an input/output error: look at its health",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check who owns it and its folder",
    sqlite3.SQLITE_PERM: "permission denied: check who owns it",
    sqlite3.SQLITE_AUTH: "permission denied: check who owns it",
    sqlite3.SQLITE_NOLFS: "this file system has no files of that size",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
    sqlite3.SQLITE_INTERRUPT: "it was interrupted",
    sqlite3.SQLITE_PROTOCOL: "another process is opening it: try again",
}
_FULL_BYTES = 1 << 16
"""SQLite needs 32 KiB beside a database to read it at all."""


def primary_code(error: sqlite3.Error) -> int | None:
    """SQLite's code without its extension; None for a mistake in how its module was called."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def database_reason(error: sqlite3.Error, path: Path | None = None) -> str:
    """Returns what an error of SQLite means, with advice, in words that are true of its code alone.

    SQLite does not say why the disk refused. Where `path` is given, the disk is asked.
    """
    code = primary_code(error)
    if code in DAMAGED:
        return f"it is damaged ({sanitize(str(error))})"
    if path is not None and code in UNWRITABLE and (reason := _of_the_disk(path)):
        return reason
    return _REASONS.get(code or -1) or sanitize(str(error) or type(error).__name__)


def database_error(error: sqlite3.Error, path: Path, deed: str) -> BddsegError:
    """Returns an error for a person: "PATH cannot be DEED: REASON"."""
    return BddsegError(f"{sanitize_path(path)} cannot be {deed}: {database_reason(error, path)}")


def _of_the_disk(path: Path) -> str | None:
    """Why the disk refuses to have this file or one beside it written; None where it does not, or will not say."""
    import errno

    folder = path.parent
    try:
        there = os.statvfs(folder)
        path.stat()
    except OSError as error:
        return disk_reason(error)
    if there.f_flag & os.ST_RDONLY:
        return disk_reason(OSError(errno.EROFS, ""))
    if there.f_bavail * there.f_frsize < _FULL_BYTES or (there.f_files and not there.f_favail):
        return disk_reason(OSError(errno.ENOSPC, ""))
    if not os.access(folder, os.W_OK) or not os.access(path, os.R_OK | os.W_OK):
        return disk_reason(OSError(errno.EACCES, ""))
    return None
