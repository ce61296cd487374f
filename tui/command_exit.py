"""How a command ends: its exit code and its last line, whatever happened.

0 done, 1 it failed, 2 wrong usage, 70 a mistake of the program's own, 130 interrupted.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FAILED, USAGE, MISTAKE, INTERRUPTED = 1, 2, 70, 130
_WAYS = ("r", "w", "w")


def prepare_streams() -> None:
    """Makes standard input and output usable: what is closed reads and writes nothing, what has no sign is `?`."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # Else the next file that is opened would get this number, and what is printed would go into it.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, _WAYS[number], encoding="utf-8", errors="replace", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within, Ctrl+C is a KeyboardInterrupt, so that what is under way can be left in good order."""
    handler, hook = signal.getsignal(signal.SIGINT), sys.unraisablehook
    if handler is signal.SIG_IGN:
        yield
        return
    sys.unraisablehook = _interrupted_where_nobody_catches
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        sys.unraisablehook = hook


def _interrupted_where_nobody_catches(event: Any) -> None:
    """Python drops an interrupt that comes within a destructor or a callback of an import."""
    if event.exc_type is not None and issubclass(event.exc_type, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        return
    sys.__unraisablehook__(event)


def flush() -> None:
    """Writes out what was printed.

    Raises:
        OSError: it cannot be written: the reader is gone, or the disk full.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def say_last(line: str) -> None:
    """Prints a line on standard error; that nobody can read it must not matter any more."""
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def end(error: BaseException, workspace: Path | None, traceback: bool = False) -> int:
    """Says what an error means in one line; returns the exit code.

    Args:
        error: whatever came up.
        workspace: where the traceback of a mistake of ours goes; the usual one if left out.
        traceback: also print where the error comes from, whatever it is; `BDDSEG_DEBUG=1` asks for that too.
    """
    from bddseg_tui.core.errors import UsageError

    if isinstance(error, BrokenPipeError):
        # The reader (head, less) has seen enough.
        drop_output(1, 2)
        return 0
    if isinstance(error, KeyboardInterrupt):
        say_last("interrupted")
        return INTERRUPTED
    from bddseg_tui.core.files.error_log import explained

    if traceback or os.environ.get("BDDSEG_DEBUG") == "1":
        _print_traceback(error)
    text = explained(error)
    if text is not None:
        say_last(f"error: {text}")
        if isinstance(error, OSError) and not error.filename:
            drop_output(1)
        return USAGE if isinstance(error, UsageError) else FAILED
    say_last(f"error: {_mistake(error, workspace)}")
    return MISTAKE


def _mistake(error: BaseException, workspace: Path | None) -> str:
    from bddseg_tui.core.files.error_log import keep_traceback, mistake
    from bddseg_tui.core.workspace.workspace import open_workspace

    log = None
    with contextlib.suppress(Exception):
        log = keep_traceback(error, open_workspace(workspace).root)
    return mistake(error, log)


def _print_traceback(error: BaseException) -> None:
    import traceback

    from bddseg_tui.core.sanitize import sanitize_lines

    say_last(sanitize_lines("".join(traceback.format_exception(error))))


def drop_output(*numbers: int) -> None:
    """Lets nothing more be written to these descriptors: Python would try again when it ends, and complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    for number in numbers:
        with contextlib.suppress(OSError):
            os.dup2(null, number)
