"""Errors that a person can act upon: one line that says what, where and what to do."""


class BddsegError(Exception):
    """The one base: shown as its message, without a traceback; the command line exits with 1."""


class RecordError(ValueError):
    """A record from a file or a process that makes no sense; the message says in a few words why.

    Whoever reads records leaves such a one out and tells it, or raises a `BddsegError` that names the file.
    """


class UsageError(BddsegError):
    """What was asked for makes no sense as it was asked; the command line exits with 2."""
