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
    """Looks at the states of all runs once a second, in a thread that hands them over whole. Shows nothing itself.

    At first it also looks for runs of the queue that wait no more, as after a restart of the machine.
    """

    DEFAULT_CSS = "JobNotifications { display: none; }"

    class Read(Message):
        """A look at the disk is done; `states` is None where it could not be made.

        `ended` is how many runs of the queue wait no more.
        """

        def __init__(self, states: tuple[RunState, ...] | None, ended: int) -> None:
            super().__init__()
            self.states, self.ended = states, ended

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine, self._reader = engine, engine.runs.run_states()
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
            self._read(first=self._seen is None)

    @work(thread=True, group="runs", exit_on_error=False)
    def _read(self, first: bool) -> None:
        try:
            states = self._reader.read()
            ended = sum(not queued.waits for queued in self._engine.queue.runs()) if first else 0
        except (BddsegError, OSError):
            states, ended = None, 0
        self.post_message(self.Read(states, ended))

    def on_job_notifications_read(self, message: Read) -> None:
        """Tells what has changed since the last look."""
        self._reading = False
        states = message.states
        if message.ended:
            runs = "1 queued run was" if message.ended == 1 else f"{message.ended} queued runs were"
            ended = f"{runs} ended by a restart: in the Train pane Q, then s, has them wait again"
            self.notify(ended, severity="warning", timeout=12)
        if states is None or states is self._seen:
            return
        before = {s.run.name: s.status for s in self._seen or ()}
        self._seen = states
        at_work = [s for s in states if s.status.live and s.status.state != "queued"]
        waiting = sum(s.status.state == "queued" for s in states)
        words = [*(_activity(s.run.name, s.status) for s in at_work), *([f"≡ {waiting} queued"] if waiting else [])]
        activity = "  ".join(words)
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
