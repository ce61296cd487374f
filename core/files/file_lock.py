"""Waiting for a lock on an open file, where the file system has locks."""

import errno
import fcntl

WITHOUT = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What a file system without locks says."""


def hold(file: int, alone: bool = True) -> None:
    """Waits until nobody else (or, with `alone` off, nobody alone) holds the file; closing it lets go.

    Some network file systems have no locks: there two who write at one instant may get in each other's way.

    Raises:
        OSError: the lock fails for another reason.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    except OSError as error:
        if error.errno not in WITHOUT:
            raise
