"""What the app writes down while it runs: the log of the workspace, written by a thread of its own."""

import contextlib
import logging
import platform
import queue
import sys
from collections.abc import Iterator
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path

from bddseg_tui.core import __version__
from bddseg_tui.core.files.log_file import WorkspaceLogHandler
from bddseg_tui.core.sanitize import sanitize_lines

LOG = logging.getLogger("bddseg_tui")


class _Sanitized(QueueHandler):
    """Makes a record a text before it leaves its thread, free of what would work on the terminal that shows the log."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        done: logging.LogRecord = super().prepare(record)
        done.msg = done.message = sanitize_lines(done.msg)
        return done


@contextlib.contextmanager
def app_log(workspace: Path, debug: bool) -> Iterator[None]:
    """Within, what the program logs goes into the workspace's log, and nothing to the terminal that the app draws on.

    Args:
        workspace: the workspace's folder.
        debug: also log details: panes, processes, errors that were told in a line.
    """
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handlers, level, propagate = LOG.handlers[:], LOG.level, LOG.propagate
    listener = QueueListener(waiting, WorkspaceLogHandler(workspace))
    LOG.handlers, LOG.propagate = [_Sanitized(waiting)], False
    LOG.setLevel(logging.DEBUG if debug else logging.INFO)
    listener.start()
    LOG.info("bddseg-tui %s on Python %s, %s", __version__, platform.python_version(), sys.platform)
    try:
        yield
    finally:
        LOG.info("left")
        listener.stop()
        LOG.handlers, LOG.propagate = handlers, propagate
        LOG.setLevel(level)
