"""Whole lines appended to a file, or none: a reader never takes for kept what the disk did not keep."""

import os
from collections.abc import Callable
from pathlib import Path

from bddseg_tui.core.files.atomic import PRIVATE, sync_folder
from bddseg_tui.core.files.file_lock import hold


def append_lines(path: Path, lines: bytes, head: Callable[[bytes], bytes], mode: int = PRIVATE) -> None:
    """Appends lines and syncs them; where that fails the file is again as long as it was.

    What a killed process left torn at the end becomes a line of its own.

    Args:
        path: the file; made with `mode` where there is none, and a link is not followed.
        lines: each with its newline.
        head: given what the file holds, what has to come before the lines, such as a header that is missing.
        mode: of the file, also where it is there already.

    Raises:
        OSError: the disk is full or the file cannot be written: nothing was kept.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_APPEND | os.O_CLOEXEC, mode)
    try:
        hold(file)
        before = os.fstat(file)
        if before.st_mode & 0o777 & ~mode:
            os.fchmod(file, mode)
        with os.fdopen(os.dup(file), "rb") as stream:
            there = stream.read()
        torn = b"" if not there or there.endswith(b"\n") else b"\n"
        try:
            with os.fdopen(os.dup(file), "ab") as sink:
                sink.write(torn + head(there) + lines)
            os.fsync(file)
            if not there:
                sync_folder(path.parent)
        except BaseException:
            os.ftruncate(file, before.st_size)
            raise
    finally:
        os.close(file)
