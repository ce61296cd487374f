"""The queue of training runs, and the devices that they wait for: what the app and the commands ask for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.runs.device_use import DeviceUse
    from bddseg_tui.core.runs.queue import QueuedRun
    from bddseg_tui.core.runs.run import Run


@dataclass(frozen=True)
class QueueService:
    """All methods block."""

    workspace: Workspace

    def runs(self) -> "tuple[QueuedRun, ...]":
        """The runs that wait, in order; also those whose process was ended, which wait again when they are started."""
        from bddseg_tui.core.runs.queue import read_queue
        from bddseg_tui.core.runs.run_states import RunStates

        return read_queue(RunStates(self.workspace).read())

    def start(self) -> "list[Run]":
        """Has those wait again whose processes were ended, as by a restart of the machine; returns them.

        Raises:
            BddsegError: one cannot be started.
        """
        from bddseg_tui.core.runs.run_jobs import start_queue

        return start_queue(self.workspace)

    def move(self, run: "Run", place: int) -> None:
        """Gives a run of the queue another place, from 1.

        Raises:
            BddsegError: it is not in the queue.
        """
        from bddseg_tui.core.runs.queue import move_in_queue

        move_in_queue(self.workspace, run, place)

    def remove(self, run: "Run") -> None:
        """Takes a run out of the queue, waiting or not; it can be resumed, or deleted.

        Raises:
            BddsegError: it is not in the queue.
        """
        from bddseg_tui.core.runs.run_jobs import remove_from_queue

        remove_from_queue(run)

    def devices(self) -> "tuple[DeviceUse, ...]":
        """Every device of this machine with its memory, its load and who uses it."""
        from bddseg_tui.core.runs.device_use import read_device_use

        return read_device_use(self.workspace)
