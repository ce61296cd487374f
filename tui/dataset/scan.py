"""The scan of the open dataset: a process that fills the catalog while the Dataset pane shows what is there.

It is followed by a thread that nobody waits for: the next line of a scan may be half a minute away on a slow disk, and
who leaves the app, or opens another dataset, must not wait for it.
"""

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.scan_lines import read_line
from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.services.data import DataService
from bddseg_tui.tui.shared.daemon_thread import in_daemon_thread
from bddseg_tui.tui.shared.worker_errors import tell_failure

AT_LATEST_S = 0.5

Start = Callable[[Collection], "subprocess.Popen[bytes]"]


@dataclass(frozen=True)
class Progress:
    """So many of all samples are scanned; `new_files`: there are more or fewer of them than before."""

    done: int
    total: int
    new_files: bool


class ScanProcess:
    """The process of one scan. `end` may be called at any time, from any thread: also before it has started."""

    def __init__(self, data: DataService, collection: Collection, start: Start | None = None) -> None:
        self._data, self._collection = data, collection
        self._begin = start or data.start_scan
        self._lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.ended = False

    def end(self) -> None:
        """Ends it, and waits for nothing."""
        with self._lock:
            self.ended = True
            if self.process is not None:
                self._data.end_scan(self.process)

    def _start(self) -> "subprocess.Popen[bytes]":
        process = self._begin(self._collection)
        with self._lock:
            self.process = process
            if self.ended:
                # Just when it was started.
                self._data.end_scan(process)
        return process

    def follow(self, progress: Callable[[Progress], object]) -> str:
        """Runs it to its end, and tells of each step; gives back why it failed, or ''."""
        known = self._data.count(self._collection)
        process = self._start()
        assert process.stdout is not None
        failure = ""
        for line in process.stdout:
            try:
                told = read_line(line)
            except RecordError:
                continue
            if isinstance(told, str):
                failure = told
                break
            done, total = told
            progress(Progress(done, total, total != known))
            known = total
        if process.wait() and not failure:
            failure = "the scan ended unexpectedly: R starts another"
        return failure


class DatasetScan(Widget):
    """Scans one dataset at a time. Shows nothing: it posts what the pane shows."""

    DEFAULT_CSS = "DatasetScan { display: none; }"

    class Step(Message):
        """The scan has gone on."""

        def __init__(self, scan: ScanProcess, progress: Progress) -> None:
            super().__init__()
            self.scan, self.progress = scan, progress

    class Ended(Message):
        """The scan is through; `failure` says why too early, or is ''."""

        def __init__(self, failure: str) -> None:
            super().__init__()
            self.failure = failure

    def __init__(self, data: DataService, start: Start | None = None) -> None:
        """`start` starts another process that tells of its progress in the same lines, and is ended in the same way."""
        super().__init__()
        self._data, self._start_process = data, start
        self._due: Collection | None = None
        self.scan: ScanProcess | None = None
        """The one that is under way, or was last."""

    def start_soon(self, collection: Collection) -> None:
        """Scans a dataset once `start_due` says so, or in a moment: what is known of it is shown first."""
        self.stop()
        self._due = collection
        self.set_timer(AT_LATEST_S, self.start_due)

    def start_due(self) -> None:
        """Begins the scan that was to come soon, if it has not begun."""
        if self._due is not None:
            self.start(self._due)

    def start(self, collection: Collection) -> None:
        """Scans a dataset; a scan that is under way ends."""
        self.stop()
        self.scan = ScanProcess(self._data, collection, self._start_process)
        self._follow(self.scan)

    def on_unmount(self) -> None:
        """Ends the scan."""
        self.stop()

    def stop(self) -> None:
        """Ends the scan, if there is one, and waits for nothing."""
        self._due = None
        self.workers.cancel_group(self, "scan")
        if self.scan is not None:
            self.scan.end()

    @work(exclusive=True, group="scan", exit_on_error=False)
    async def _follow(self, scan: ScanProcess) -> None:
        failure = await in_daemon_thread(lambda: scan.follow(lambda p: self.post_message(self.Step(scan, p))), "scan")
        self.post_message(self.Ended(failure))

    def is_current(self, step: Step) -> bool:
        """Whether a step is of the scan that is under way, not of one that was ended."""
        return step.scan is self.scan and not step.scan.ended

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
