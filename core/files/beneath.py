"""Folders below a root, reached by handles and part by part: no link on the way is followed, whoever made it."""

import contextlib
import errno
import os
import stat
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Below:
    """Handles of folders below a root; the last one is kept, as names mostly come folder by folder."""

    def __init__(self, root: Path) -> None:
        """Opens the root, which may be a link: it was named by a person."""
        self._root = os.open(root, _FOLDER)
        self._last = ("", os.dup(self._root))

    @property
    def root(self) -> int:
        """The root's own handle."""
        return self._root

    def handle(self, relative: str, make: bool = False) -> int:
        """The handle of a folder, valid until the next call; with `make`, folders that are missing are made.

        Raises:
            OSError: it is not there, is no folder, or a link is on the way.
        """
        if self._last[0] != relative:
            handle = os.dup(self._root)
            for part in relative.split("/") if relative else ():
                try:
                    if make:
                        _make(part, handle)
                    below = _open_folder(part, handle)
                finally:
                    os.close(handle)
                handle = below
            os.close(self._last[1])
            self._last = (relative, handle)
        return self._last[1]

    def close(self) -> None:
        """Closes all handles."""
        os.close(self._last[1])
        os.close(self._root)


def _make(name: str, parent: int) -> None:
    # What is there, a folder or not, is judged when it is opened.
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)


def _open_folder(name: str, parent: int) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except NotADirectoryError:
        if stat.S_ISLNK(os.lstat(name, dir_fd=parent).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
        raise
