"""What an error of the disk means and what to do about it: each errno has its own true words."""

import errno
import os
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize, sanitize_path

_REASONS = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: make room",
    errno.EFBIG: "the file would be larger than this file system or limit allows",
    errno.EROFS: "the file system is read-only: name another folder, or mount it for writing",
    errno.EACCES: "permission denied: check who owns it",
    errno.EPERM: "the system does not permit it: check who owns it",
    errno.ENOENT: "it does not exist",
    errno.EEXIST: "something of that name is there already",
    errno.ENOTEMPTY: "the folder is not empty",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "it is a folder",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.ELOOP: "it is a link that leads nowhere, or that must not be followed",
    errno.EXDEV: "it lies on another file system",
    errno.EIO: "the disk reports an input/output error: look at its health",
    errno.ESTALE: "the network file system has lost it: try again",
    errno.ENODEV: "the device is gone",
    errno.ENXIO: "the device is gone",
    errno.ETXTBSY: "it is being run",
    errno.EBUSY: "it is in use",
    errno.EAGAIN: "it is locked by another process: try again",
    errno.EMFILE: "too many files are open: raise `ulimit -n`",
    errno.ENFILE: "the system has too many files open",
    errno.ENOMEM: "there is not enough memory",
}


def disk_reason(error: OSError) -> str:
    """Returns what an error of the disk means, with advice, in words that are true of its errno alone."""
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    return sanitize(error.strerror or str(error) or type(error).__name__).lower()


def disk_error(
    error: OSError, path: str | bytes | os.PathLike[str] | None = None, deed: str = "written"
) -> BddsegError:
    """Returns an error for a person: "PATH cannot be DEED: REASON".

    Args:
        error: what the system said.
        path: what was being worked on; the error's own file name if left out.
        deed: written, read, made, deleted, ...
    """
    named = path if path is not None else error.filename
    where = sanitize_path(named if isinstance(named, str | bytes | Path) else str(named)) if named else "a file"
    return BddsegError(f"{where} cannot be {deed}: {disk_reason(error)}")
