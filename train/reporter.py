"""What a job says: events, status and TensorBoard files in its folder, and its wish to end on SIGTERM."""

import signal
from pathlib import Path
from typing import Any

from core.events import EventWriter
from core.job import JobLock, StatusFile


class StopRequestedError(Exception):
    """SIGTERM came: end cleanly now."""


class Reporter:
    """The one writer of a job's folder. Other processes of the same job get a `Silent` one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lock = JobLock(folder)
        self.events = EventWriter(folder / "events.jsonl")
        self.status = StatusFile(folder)
        self.stop_requested = False
        self._board: Any = None
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def event(self, kind: str, **values: Any) -> None:
        """Appends an event; numbers of steps and epochs also go to TensorBoard, where it is installed."""
        self.events.write(kind, **values)
        if kind in ("step", "epoch"):
            self._to_board(kind, values)

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

    def _on_term(self, *_: object) -> None:
        self.stop_requested = True

    def _to_board(self, kind: str, values: dict[str, Any]) -> None:
        if self._board is None:
            try:
                from torch.utils.tensorboard import SummaryWriter

                self._board = SummaryWriter(str(self.folder / "tensorboard"))
            except ImportError:
                self._board = False
        if self._board:
            for name, value in values.items():
                if isinstance(value, float) and name not in ("seconds",):
                    self._board.add_scalar(f"{kind}/{name}", value, values["step"])
            if kind == "epoch":
                self._board.flush()

    def close(self) -> None:
        if self._board:
            self._board.close()


class Silent(Reporter):
    """For the processes of a job that do not write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stop_requested = False
        self._board = False
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def event(self, kind: str, **values: Any) -> None:
        """Says nothing."""

    def update(self, force: bool = False, **changes: Any) -> None:
        """Says nothing."""
