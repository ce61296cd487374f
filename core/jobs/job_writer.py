"""What a job says, events and status in its folder, and its wish to end on SIGTERM."""

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.temporary_files import sweep
from bddseg_tui.core.jobs.events import EventWriter
from bddseg_tui.core.jobs.job import SECONDS_LEFT, SILENT_S, JobLock, Status, StatusFile, write_status
from bddseg_tui.core.jobs.run_events import Kind
from bddseg_tui.core.processes.process import on_stop


class StopRequestedError(Exception):
    """SIGTERM came: end cleanly now."""


@dataclass(frozen=True)
class Pace:
    """Where a phase stood when it was first heard of: `done` at `since` (seconds of the monotonic clock)."""

    phase: str
    done: int
    since: float

    def seconds_left(self, done: int, total: int, now: float) -> float | None:
        """How long the rest takes at the pace so far; None where that cannot be told."""
        made = done - self.done
        return round((now - self.since) / made * (total - done), 1) if made > 0 else None


def _beat(folder: Path, closed: threading.Event) -> None:
    """Touches the status now and then: other hosts see by it that a job lives that has nothing to say for minutes."""
    while not closed.wait(SILENT_S / 5):
        with contextlib.suppress(OSError):
            os.utime(folder / "status.json")


class Reporter:
    """The one writer of a job's folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lock = JobLock(folder)
        sweep([folder, *(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())])
        self.events = self._open_events()
        self.status = StatusFile(folder)
        self.stop_requested = False
        self._pace = Pace("", 0, 0.0)
        self._closed = threading.Event()
        threading.Thread(target=_beat, args=(folder, self._closed), name="heartbeat", daemon=True).start()
        on_stop(self._on_term)

    def _open_events(self) -> EventWriter:
        """The events of the folder. Where they cannot be written the status says why, for nothing else would."""
        try:
            return EventWriter(self.folder / "events.jsonl")
        except BddsegError as error:
            with contextlib.suppress(OSError):
                write_status(self.folder, Status("failed", message=str(error)))
            self.lock.release()
            raise

    def event(self, kind: Kind, **values: Any) -> None:
        """Appends an event."""
        self.events.write(kind, **values)

    def update(self, force: bool = False, **changes: Any) -> None:
        """Changes the status."""
        self.status.update(force, **changes)

    def progress(self, done: int, total: int) -> None:
        """Reports progress within a phase, with the seconds that the rest will take.

        Raises:
            StopRequestedError: SIGTERM came.
        """
        status, now = self.status.status, time.monotonic()
        if self._pace.phase != status.phase or done < self._pace.done:
            self._pace = Pace(status.phase, done, now)
        facts = {**status.facts, SECONDS_LEFT: self._pace.seconds_left(done, total, now)}
        self.update(done=done, total=total, facts=facts)
        self.check_stop()

    def check_stop(self) -> None:
        """Raises StopRequestedError where SIGTERM came."""
        if self.stop_requested:
            raise StopRequestedError

    def close(self) -> None:
        """Lets the next process work here, before this one is gone: with torch loaded that takes a second or more."""
        self._closed.set()
        self.lock.release()

    def _on_term(self, *_: object) -> None:
        self.stop_requested = True
