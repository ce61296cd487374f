"""Errors that a person can act upon: one line that says what, where and what to do."""

from bddseg_tui.core.sanitize import sanitize

LONGEST = 2_000
"""Characters of a message; a longer one loses its middle."""


def _line(message: str) -> str:
    line = sanitize(message)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 500]} … {line[-450:]}"


class BddsegError(Exception):
    """The one base: shown as its message, without a traceback; the command line exits with 1.

    The message passes the sanitizer here, so that none shows a control character or fills screens, whatever it was
    made of.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(_line(message))


class RecordError(ValueError):
    """A record from a file or a process that makes no sense; the message says in a few words why.

    Whoever reads records leaves such a one out and tells it, or raises a `BddsegError` that names the file.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_line(message))


class UsageError(BddsegError):
    """What was asked for makes no sense as it was asked; the command line exits with 2."""
