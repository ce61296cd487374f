"""Paths as people type them: `~` and `~user` mean a home, whether or not a shell has seen them."""

import os
from pathlib import Path

from bddseg_tui.core.errors import UsageError


def typed_path(text: str | os.PathLike[str]) -> Path:
    """The path that a person means.

    Raises:
        UsageError: there is no such user, or it is no path at all.
    """
    words = os.fspath(text)
    if not words or "\0" in words:
        raise UsageError(f"{words!r} is no path")
    try:
        return Path(words).expanduser()
    except RuntimeError as error:
        user = words.partition("/")[0]
        raise UsageError(f"{words}: there is no user {user[1:]!r} (a folder of that name is ./{user})") from error


def suggested(name: str) -> str:
    """A path of this name in the current folder, or the name alone where that folder is gone."""
    try:
        return os.fspath(Path.cwd() / name)
    except OSError:
        return name
