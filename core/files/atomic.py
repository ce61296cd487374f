"""Files that are whole or absent: written under a temporary name, synced, then renamed.

Python's library has no such function; the small packages that do (atomicwrites, abandoned in 2022) leave out
the sync of the folder, without which the rename itself can be lost with the power.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bddseg_tui.core.files.temporary_files import temporary_file, temporary_path

PRIVATE = 0o600
"""The mode of what concerns nobody else on the machine: chats and settings."""


def sync_folder(folder: Path) -> None:
    """Makes renames in this folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path, durable: bool = True, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write that becomes `path` when the block ends well: a reader sees the old content or the new.

    With `durable` off nothing is synced: for what may be lost with the power, such as a heartbeat. The umask is taken
    off `mode`. Where `path` is a link, the link is replaced.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old content is still there.
    """
    handle, temporary = temporary_file(path.parent, mode)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def replace_link(path: Path, target: str) -> None:
    """Makes `path` a link to `target` at once: a reader finds the old target or the new.

    Raises:
        OSError: the folder cannot be written; the old link is still there.
    """
    temporary = temporary_path(path.parent)
    temporary.symlink_to(target)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes, durable: bool = True, mode: int = 0o666) -> None:
    """Replaces `path` with these bytes, as `replacing` does.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old content is still there.
    """
    with replacing(path, durable, mode) as file:
        file.write(data)


def write_text(path: Path, text: str, durable: bool = True, mode: int = 0o666) -> None:
    """`write_bytes` for UTF-8 text."""
    write_bytes(path, text.encode(), durable, mode)


def sync_tree(folder: Path) -> None:
    """Syncs every file in a folder, then the folder: before it gets its final name."""
    for path in folder.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    sync_folder(folder)
