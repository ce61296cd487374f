"""Reading a file that others may have put there: only a regular one, never more of it than it may have.

`Path.read_bytes` waits for ever on a FIFO and takes whatever there is into memory.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path, mode: int = os.O_RDONLY) -> BinaryIO:
    """Opens a regular file for reading (or `os.O_RDWR`), without waiting for anyone.

    Raises:
        OSError: it is not there or cannot be read; EINVAL if it is no regular file, such as a FIFO or a device.
    """
    # Looked at before, since opening some devices does something; and after, since it may have changed meanwhile.
    _check(path, path.stat().st_mode)
    handle = os.open(path, mode | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check(path, os.fstat(handle).st_mode)
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb" if mode == os.O_RDONLY else "r+b")


def read_regular(path: Path, largest: int) -> bytes:
    """A regular file's content.

    Raises:
        OSError: as `open_regular`; EINVAL if it is larger than `largest` bytes.
    """
    with open_regular(path) as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise OSError(errno.EINVAL, f"it is larger than {largest:,} bytes", os.fspath(path))
    return data


def content_hash(path: Path) -> str:
    """A hash of a file's content, in hexadecimal; of what cannot be read a word that no file has."""
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    try:
        with open_regular(path) as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError:
        return "unreadable"
    return digest.hexdigest()


def _check(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", os.fspath(path))
