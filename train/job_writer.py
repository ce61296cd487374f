"""What a training job says: events and status as every job, and TensorBoard files beside them."""

from pathlib import Path
from typing import Any

from bddseg_tui.core.jobs.job_writer import Reporter as JobReporter
from bddseg_tui.core.jobs.job_writer import StopRequestedError
from bddseg_tui.core.jobs.run_events import Kind
from bddseg_tui.core.processes.process import on_stop

__all__ = ["Reporter", "Silent", "StopRequestedError"]


class Reporter(JobReporter):
    """The one writer of a job's folder. Other processes of the same job get a `Silent` one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._board: Any = None

    def event(self, kind: Kind, **values: Any) -> None:
        """Appends an event; numbers of steps and epochs also go to TensorBoard, where it is installed."""
        super().event(kind, **values)
        if kind in ("step", "epoch"):
            self._to_board(kind, values)

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
        """Closes what is open, and lets the next process work here."""
        if self._board:
            self._board.close()
        super().close()


class Silent(Reporter):
    """For the processes of a job that do not write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stop_requested = False
        self._board = False
        on_stop(self._on_term)

    def event(self, kind: Kind, **values: Any) -> None:
        """Says nothing."""

    def close(self) -> None:
        """Holds nothing."""

    def update(self, force: bool = False, **changes: Any) -> None:
        """Says nothing."""
