"""Locks that go with their process, however that ends: who works in a folder, and who uses what is in it.

    lock   held alone by the one process that works in a job's folder
    use    held together by everyone who needs the folder to stay, alone by who deletes it

Whoever starts a job takes its locks first and hands them on, so that of two who start the same job one is refused.

flock, not record locks: those are lost as soon as any handle of the file is closed, and no child inherits them. The
package filelock was turned down since its locks cannot be shared, nor handed on. Where a file system has no
such locks (some network file systems), nothing is held, and the jobs' status files alone decide.
"""

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HANDED_ON = "BDDSEG_LOCKS"
"""Environment variable of a started job: HANDLE:DEVICE:INODE of each lock that it was given, with commas between."""
LOCK, USE = "lock", "use"
_EVERY_S = 0.05

File = tuple[int, int]
"""A file's device and inode."""


@dataclass(frozen=True)
class FolderLock:
    """A lock that is held; `handle` is None where the file system has none."""

    handle: int | None

    def release(self) -> None:
        """Lets others have it. A process that it was handed on to still holds it."""
        if self.handle is not None:
            with contextlib.suppress(OSError):
                os.close(self.handle)

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def try_lock(path: Path, shared: bool = False, patience_s: float = 0.0) -> FolderLock | None:
    """Locks a file, which is made if need be, or a folder; None where another holds it for longer than `patience_s`.

    Raises:
        FileNotFoundError: the folder it is in is gone.
        OSError: the file cannot be made.
    """
    deadline = time.monotonic() + patience_s
    while True:
        handle = _open(path)
        held = _flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        if held and _still(path, handle):
            return FolderLock(handle)
        os.close(handle)
        if not held:
            if time.monotonic() >= deadline:
                return None
            time.sleep(_EVERY_S)


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock; False where there is no such file. Nothing is made."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _flock(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def hand_on(locks: Sequence[FolderLock]) -> str:
    """What HANDED_ON says of these locks."""
    handles = [lock.handle for lock in locks if lock.handle is not None]
    return ",".join(f"{handle}:{device}:{inode}" for handle in handles for device, inode in [_file(handle)])


def take_over(path: Path) -> FolderLock | None:
    """The lock of this file that this job was given when it was started; None if it was given none.

    Its handle is None where a launcher stands between, which keeps it.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    key = (found.st_dev, found.st_ino)
    return FolderLock(_handed_on()[key]) if key in _handed_on() else None


def keep_for_exec() -> None:
    """Leaves the locks that this job was given to the program that takes its place in this process."""
    for handle in _handed_on().values():
        if handle is not None:
            os.set_inheritable(handle, True)


@cache
def _handed_on() -> dict[File, int | None]:
    given: dict[File, int | None] = {}
    for entry in os.environ.get(HANDED_ON, "").split(","):
        handle, _, file = entry.partition(":")
        device, _, inode = file.partition(":")
        if not (handle.isdigit() and device.isdigit() and inode.isdigit()):
            continue
        key = (int(device), int(inode))
        given[key] = int(handle) if _is(int(handle), key) else None
        if given[key] is not None:
            os.set_inheritable(int(handle), False)
    return given


def _open(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            return os.open(path, os.O_RDONLY | flags)
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o644)
    except OSError as error:
        # On a read-only disk, or as another user, one that is there can be locked all the same.
        try:
            return os.open(path, os.O_RDONLY | flags)
        except OSError:
            raise error from None


def _flock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # The file system has no such locks.
        return True
    return True


def _still(path: Path, handle: int) -> bool:
    """Whether the path is still this file: its folder may have been deleted, and made anew, before it was locked."""
    try:
        found = os.stat(path)  # noqa: PTH116 (compared with fstat)
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == _file(handle)


def _file(handle: int) -> File:
    found = os.fstat(handle)
    return found.st_dev, found.st_ino


def _is(handle: int, file: File) -> bool:
    try:
        return _file(handle) == file
    except OSError:
        return False
