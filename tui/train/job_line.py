"""The last line of the Train pane: how a job goes that was started from there."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual import work
from textual.notifications import SeverityLevel
from textual.widgets import Label
from textual.worker import Worker

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.services.runs import RunService
from bddseg_tui.tui.shared.format import state_mark
from bddseg_tui.tui.shared.worker_errors import tell_failure

EVERY_S = 0.5


class JobLine(Label):
    """Is there while a job is followed. The job goes on when the app is left."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__("", id=id, markup=False)
        self.display = False

    @work(group="follow", exit_on_error=False)
    async def follow(
        self, runs: RunService, label: str, start: Callable[[], Path], result: Callable[[Path], str]
    ) -> None:
        """Starts a job and tells how it goes, and at its end what came of it.

        Args:
            runs: whose status the job has.
            label: what it is called.
            start: starts it and returns its folder; called in a thread.
            result: what came of it, by its folder; called in a thread once it has finished.
        """
        severity: SeverityLevel = "error"
        try:
            folder = await asyncio.to_thread(start)
            while (status := await asyncio.to_thread(runs.status, folder)).live:
                done = f"{status.done:,}/{status.total:,}" if status.total else ""
                self._say(f"{label}: {state_mark(status.state)} {status.phase} {done}")
                await asyncio.sleep(EVERY_S)
            text = status.message or status.state
            if status.state == "finished":
                text, severity = await asyncio.to_thread(result, folder), "information"
        except (BddsegError, OSError) as error:
            text = sanitize(str(error))
        self._say("")
        self.notify(f"{label}: {text}", severity=severity, markup=False, timeout=10)

    def _say(self, text: str) -> None:
        self.display = bool(text)
        self.update(text)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells of a job that could not be followed."""
        tell_failure(self, event)
