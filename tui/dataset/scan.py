"""The scan of the open dataset: a process that fills the catalog while the Dataset pane shows what is there.

It is followed by a thread that nobody waits for: the next line of a scan may be half a minute away on a slow disk, and
who leaves the app, or opens another dataset, must not wait for it.
"""

import subprocess
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.scan_lines import read_line
from bddseg_tui.core.errors import RecordError
from bddseg_tui.tui.shared.daemon_thread import run_apart

if TYPE_CHECKING:
    from bddseg_tui.tui.dataset.pane import DatasetPane


@dataclass
class _Scan:
    """One scan; `wanted` goes off once and for all."""

    wanted: bool = True
    process: "subprocess.Popen[bytes] | None" = None


class DatasetScan:
    """Runs a scan and tells the pane of each step; a new one ends the one before."""

    def __init__(self, pane: "DatasetPane") -> None:
        self._pane = pane
        self._scan = _Scan(wanted=False)

    def start(self, collection: Collection) -> None:
        """Scans, following the process in a thread."""
        self.stop()
        self._scan = _Scan()
        run_apart(self._pane.app, partial(self._follow, collection, self._scan), "scan")

    def stop(self) -> None:
        """Ends the scan, if there is one, and waits for nothing."""
        self._scan.wanted = False
        if self._scan.process is not None:
            self._pane.engine.data.end_scan(self._scan.process)

    def _follow(self, collection: Collection, scan: _Scan) -> None:
        pane = self._pane
        known = sum(collection.catalog.splits().values())
        scan.process = process = pane.engine.data.start_scan(collection)
        if not scan.wanted:
            # It was started just when it was stopped.
            pane.engine.data.end_scan(process)
        told = self._read(process, scan, known)
        if process.wait() and not told and scan.wanted:
            pane.app.call_from_thread(self._failed, "the scan ended unexpectedly: R starts another")
        if scan.wanted:
            pane.app.call_from_thread(pane.scan_ended)

    def _read(self, process: "subprocess.Popen[bytes]", scan: _Scan, known: int) -> bool:
        """Tells the pane of each line; returns whether one said why the scan failed."""
        pane = self._pane
        assert process.stdout is not None
        for line in process.stdout:
            if not scan.wanted:
                break
            try:
                told = read_line(line)
            except RecordError:
                continue
            if isinstance(told, str):
                pane.app.call_from_thread(self._failed, told)
                return True
            pane.app.call_from_thread(pane.scan_step, *told, told[1] != known)
            known = told[1]
        return False

    def _failed(self, message: str) -> None:
        self._pane.notify(message, title="what is shown is as of the last scan", severity="error", markup=False)
