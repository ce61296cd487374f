"""The log of the workspace: one file for its owner's eyes, which stays small, whichever processes write to it.

Python's `RotatingFileHandler` was turned down: it follows links, lets everyone read, and where two processes rotate the
same file, one throws away what the other has just written.
"""

import contextlib
import logging
import os
from pathlib import Path

LOG_FILE = "bddseg-tui.log"
LARGEST = 1 << 20
"""Bytes of the log: beyond them its older half goes."""


def append_to_log(folder: Path, text: str) -> Path | None:
    """Appends to the log of a folder, which is made if need be; returns the log, None where it cannot be written."""
    path = folder / LOG_FILE
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
            file.write(text.encode("utf-8", "backslashreplace")[-LARGEST // 2 :])
        return path
    return None


class WorkspaceLogHandler(logging.Handler):
    """Appends records to the log of a workspace; a disk that cannot be written to keeps nobody from working."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.setFormatter(
            logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record, its traceback below it."""
        append_to_log(self._folder, self.format(record) + "\n")
