"""Watching all runs from anywhere in the app: the header's line, and a word when one ends."""

from typing import Literal

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.run_states import RunState
from bddseg_tui.tui.header import Header
from bddseg_tui.tui.shared.format import format_duration, progress
from bddseg_tui.tui.shared.worker_errors import tell_failure

EVERY_S = 1.0
ENDED: dict[str, Literal["information", "warning", "error"]] = {
    "finished": "information",
    "stopped": "warning",
    "failed": "error",
    "lost": "error",
}


class JobNotifications(Widget):
    """Looks at the states of all runs once a second, in a thread that hands them over whole. Shows nothing itself."""

    DEFAULT_CSS = "JobNotifications { display: none; }"

    class Read(Message):
        """A look at the disk is done; `states` is None where it could not be made."""

        def __init__(self, states: tuple[RunState, ...] | None) -> None:
            super().__init__()
            self.states = states

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._reader = engine.runs.run_states()
        self._seen: tuple[RunState, ...] | None = None
        self._reading = False

    def on_mount(self) -> None:
        """Begins to look."""
        self.set_interval(EVERY_S, self._tick)
        self._tick()

    def _tick(self) -> None:
        # A slow disk gets no second thread.
        if not self._reading:
            self._reading = True
            self._read()

    @work(thread=True, group="runs", exit_on_error=False)
    def _read(self) -> None:
        try:
            states = self._reader.read()
        except (BddsegError, OSError):
            states = None
        self.post_message(self.Read(states))

    def on_job_notifications_read(self, message: Read) -> None:
        """Tells what has changed since the last look."""
        self._reading = False
        states = message.states
        if states is None or states is self._seen:
            return
        before = {s.run.name: s.status for s in self._seen or ()}
        self._seen = states
        activity = "  ".join(_activity(s.run.name, s.status) for s in states if s.status.live)
        self.screen.query_one(Header).activity = activity
        for name, status in ((s.run.name, s.status) for s in states):
            if name in before and before[name].live and status.state in ENDED:
                told = status.message and status.state != "stopped"
                text = f"{name} {status.state}" + (f": {status.message}" if told else "")
                self.notify(text, severity=ENDED[status.state], timeout=12, markup=False)
                self.app.bell()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)


def _activity(name: str, status: Status) -> str:
    share = progress(status.done, status.total)
    left = status.facts.get("seconds_left") if status.phase == "train" else None
    return f"▶ {name} {share}".rstrip() + (f", {format_duration(left)} left" if left else "")
