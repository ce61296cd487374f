"""What a job says, events and status in its folder, and its wish to end on SIGTERM."""

import contextlib
import signal
from pathlib import Path
from typing import Any

from core.errors import BddsegError
from core.event_kinds import Kind
from core.events import EventWriter
from core.job import JobLock, Status, StatusFile, write_status
from core.temporaries import sweep


class StopRequestedError(Exception):
    """SIGTERM came: end cleanly now."""


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
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

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
        """Reports progress within a phase.

        Raises:
            StopRequestedError: SIGTERM came.
        """
        self.update(done=done, total=total)
        self.check_stop()

    def check_stop(self) -> None:
        if self.stop_requested:
            raise StopRequestedError

    def close(self) -> None:
        """Lets the next process work here, before this one is gone: with torch loaded that takes a second or more."""
        self.lock.release()

    def _on_term(self, *_: object) -> None:
        self.stop_requested = True
