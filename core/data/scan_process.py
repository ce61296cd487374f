"""A scan as a process of its own, for who starts it: what a scan itself needs is not imported."""

import os
import subprocess
import sys

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.layouts import Dataset
from bddseg_tui.core.processes.group import end_group


def start(dataset: Dataset, catalog: Catalog) -> "subprocess.Popen[bytes]":
    """Starts a scan as a process, which ends with this one, or when its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bddseg_tui.core.data.scan", os.fspath(dataset.root), os.fspath(catalog.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ends a scan that was started, with its workers, at once; it goes on another time from its last commit."""
    if process.poll() is None:
        end_group(process.pid)
