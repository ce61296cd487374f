"""Files that are whole or absent: written under a temporary name, synced, then renamed.

Python's library has no such function; the small packages that do (atomicwrites, abandoned in 2022) leave out
the sync of the folder, without which the rename itself can be lost with the power.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def sync_folder(folder: Path) -> None:
    """Makes renames in this folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that becomes `path` when the block ends well: a reader sees the old content or the new.

    With `durable` off nothing is synced: for what may be lost with the power, such as a heartbeat.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old content is still there.
    """
    # Not made from the name, which may already be as long as a name can be.
    temporary = path.with_name(f".{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
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


def write_bytes(path: Path, data: bytes, durable: bool = True) -> None:
    """Replaces `path` with these bytes, as `replacing` does.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old content is still there.
    """
    with replacing(path, durable) as file:
        file.write(data)


def write_text(path: Path, text: str, durable: bool = True) -> None:
    """`write_bytes` for UTF-8 text."""
    write_bytes(path, text.encode(), durable)


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
