"""How much commands say beside their output: `-q` errors alone, `-v` details too. Python's logging does the rest."""

import logging
import sys
from contextlib import suppress

from bddseg_tui.core.sanitize import sanitize_lines

LOG = logging.getLogger("bddseg_tui")
"""What the program says by the way, on standard error: details, notes, warnings."""


class _StandardError(logging.Handler):
    """Lines without ornament, on whatever standard error is now; nobody may be listening any more."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):
            print(sanitize_lines(record.getMessage()), file=sys.stderr, flush=True)


def speak_normally() -> None:
    """Notes and warnings are written, details are not: what holds until a word of the command says otherwise."""
    if not any(isinstance(handler, _StandardError) for handler in LOG.handlers):
        LOG.addHandler(_StandardError())
        LOG.propagate = False
    LOG.setLevel(logging.INFO)


def be_quiet(wanted: bool) -> None:
    """`-q`."""
    if wanted:
        LOG.setLevel(logging.ERROR)


def be_verbose(wanted: bool) -> None:
    """`-v`."""
    if wanted:
        LOG.setLevel(logging.DEBUG)


def is_quiet() -> bool:
    """Whether only results and errors are wanted."""
    return not LOG.isEnabledFor(logging.INFO)


def is_verbose() -> bool:
    """Whether details are wanted, tracebacks among them."""
    return LOG.isEnabledFor(logging.DEBUG)
