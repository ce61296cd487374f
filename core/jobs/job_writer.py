"""What a job writes while it works, events and status in its folder, and its wish to end on SIGTERM."""

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Unpack

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.temporary_files import sweep
from bddseg_tui.core.jobs.events import EventWriter
from bddseg_tui.core.jobs.job import SECONDS_LEFT, SILENT_S, JobLock, Status, StatusChanges, StatusFile, write_status
from bddseg_tui.core.jobs.run_events import Kind
from bddseg_tui.core.processes.process import on_stop

__all__ = ["FolderWriter", "JobWriter", "NullWriter", "StopRequestedError"]


class StopRequestedError(Exception):
    """SIGTERM came: end cleanly now."""


class JobWriter(Protocol):
    """What the work of a job is given to speak through (`core/jobs/run_job.py`)."""

    @property
    def stop_requested(self) -> bool:
        """Whether SIGTERM came."""

    def event(self, kind: Kind, **values: Any) -> None:
        """Appends an event.

        Raises:
            OSError: it cannot be written.
        """

    def update(self, *, force: bool = False, **changes: Unpack[StatusChanges]) -> None:
        """Changes the status. It is written at once if state or phase change, or with `force`.

        Raises:
            OSError: it cannot be written.
        """

    def progress(self, done: int, total: int) -> None:
        """Tells progress within a phase, with the seconds that the rest will take.

        Raises:
            StopRequestedError: SIGTERM came.
            OSError: the status cannot be written.
        """

    def check_stop(self) -> None:
        """Raises StopRequestedError where SIGTERM came."""

    def close(self) -> None:
        """Lets the next process work in the folder."""


class NullWriter:
    """Writes nothing: for the processes of a job but the first. They end on SIGTERM all the same."""

    def __init__(self) -> None:
        self._sigterm = _Sigterm()

    @property
    def stop_requested(self) -> bool:
        """Whether SIGTERM came."""
        return self._sigterm.came

    def event(self, kind: Kind, **values: Any) -> None:
        """Writes nothing."""

    def update(self, *, force: bool = False, **changes: Unpack[StatusChanges]) -> None:
        """Writes nothing."""

    def progress(self, done: int, total: int) -> None:
        """Raises StopRequestedError where SIGTERM came."""
        self._sigterm.check()

    def check_stop(self) -> None:
        """Raises StopRequestedError where SIGTERM came."""
        self._sigterm.check()

    def close(self) -> None:
        """Holds nothing."""


class FolderWriter:
    """The one writer of a job's folder, which it makes and locks.

    Raises:
        BddsegError: another process works in the folder, or its events cannot be written.
        OSError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = JobLock(folder)
        sweep([folder, *(p for p in folder.iterdir() if p.is_dir() and not p.is_symlink())])
        self._events = self._open_events()
        self._status = StatusFile(folder)
        self._pace = _Pace("", 0, 0.0)
        self._closed = threading.Event()
        threading.Thread(target=_beat, args=(folder, self._closed), name="heartbeat", daemon=True).start()
        self._sigterm = _Sigterm()

    def _open_events(self) -> EventWriter:
        """The events of the folder. Where they cannot be written the status says why, for nothing else would."""
        try:
            return EventWriter(self._folder / "events.jsonl")
        except BddsegError as error:
            with contextlib.suppress(OSError):
                write_status(self._folder, Status("failed", message=str(error)))
            self._lock.release()
            raise

    @property
    def stop_requested(self) -> bool:
        """Whether SIGTERM came."""
        return self._sigterm.came

    def event(self, kind: Kind, **values: Any) -> None:
        """Appends an event."""
        self._events.write(kind, **values)

    def update(self, *, force: bool = False, **changes: Unpack[StatusChanges]) -> None:
        """Changes the status."""
        self._status.update(force=force, **changes)

    def progress(self, done: int, total: int) -> None:
        """Tells progress within a phase, with the seconds that the rest will take.

        Raises:
            StopRequestedError: SIGTERM came.
        """
        phase, now = self._status.status.phase, time.monotonic()
        if self._pace.phase != phase or done < self._pace.done:
            self._pace = _Pace(phase, done, now)
        self.update(done=done, total=total, facts={SECONDS_LEFT: self._pace.seconds_left(done, total, now)})
        self._sigterm.check()

    def check_stop(self) -> None:
        """Raises StopRequestedError where SIGTERM came."""
        self._sigterm.check()

    def close(self) -> None:
        """Lets the next process work here, before this one is gone: with torch loaded that takes a second or more."""
        self._closed.set()
        self._lock.release()


class _Sigterm:
    """Whether SIGTERM has come since this was made."""

    def __init__(self) -> None:
        self.came = False
        on_stop(self._note)

    def check(self) -> None:
        if self.came:
            raise StopRequestedError

    def _note(self, *_: object) -> None:
        self.came = True


@dataclass(frozen=True)
class _Pace:
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
