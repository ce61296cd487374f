"""Keeping a run or an evaluation while it is used, and deleting it only when nobody does."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.processes.locks import USE, FolderLock, try_lock
from bddseg_tui.core.sanitize import sanitize

_PATIENCE_S = 30.0
"""A job that has said its last word may still be leaving."""


def in_use(folder: Path) -> FolderLock:
    """Keeps a run's or an evaluation's folder from being deleted until the lock is released.

    Raises:
        BddsegError: it is being deleted, or is gone.
    """
    try:
        lock = try_lock(folder / USE, shared=True)
    except FileNotFoundError as error:
        raise BddsegError(f"{sanitize(folder.name)} was deleted") from error
    except OSError:
        # Nobody can make the file here (a read-only or full disk), so nobody holds it alone.
        return FolderLock(None)
    if lock is None:
        raise BddsegError(f"{sanitize(folder.name)} is being deleted")
    return lock


def delete_unused(folder: Path, refuse: Callable[[], None]) -> None:
    """Deletes a folder that nobody uses. Its name goes first: what an interrupted deletion leaves is no run.

    Args:
        folder: of a run or an evaluation.
        refuse: raises what is to be said where somebody uses it; called before and after the folder is locked.

    Raises:
        BddsegError: it is in use, or cannot be deleted.
    """
    refuse()
    try:
        lock = try_lock(folder / USE, patience_s=_PATIENCE_S)
    except FileNotFoundError as error:
        raise BddsegError(f"{sanitize(folder.name)} was deleted already") from error
    except OSError:
        # The disk is full or read-only: without the file nobody can have locked it.
        lock = FolderLock(None)
    if lock is None:
        refuse()
        raise BddsegError(f"{sanitize(folder.name)} is in use: wait for what uses it, or stop it (`bddseg-tui jobs`)")
    with lock:
        refuse()
        doomed = folder.with_name(f".deleted-{folder.name}-{os.getpid()}")
        try:
            folder.rename(doomed)
        except OSError as error:
            raise disk_error(error, folder, "deleted") from error
    with contextlib.suppress(OSError):
        shutil.rmtree(doomed, ignore_errors=True)
