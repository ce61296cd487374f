"""Watching all runs from anywhere in the app: the header's line, and a word when one ends."""

from typing import TYPE_CHECKING

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.run_states import RunState
from bddseg_tui.tui.header import Header
from bddseg_tui.tui.shared.format import format_duration

if TYPE_CHECKING:
    from bddseg_tui.tui.app import BddsegApp

EVERY_S = 1.0
ENDED = {"finished": "information", "stopped": "warning", "failed": "error", "lost": "error"}


class RunWatch:
    """Looks at the states of all runs once a second, in a thread that hands them over whole."""

    def __init__(self, app: "BddsegApp") -> None:
        self.app = app
        self._reader = app.engine.runs.run_states()
        self._seen: tuple[RunState, ...] | None = None
        self._looking = False

    def start(self) -> None:
        self.app.set_interval(EVERY_S, self._look)
        self._look()

    def _look(self) -> None:
        # A slow disk gets no second thread.
        if not self._looking:
            self._looking = True
            self.app.run_worker(self._read, thread=True, group="runs", exit_on_error=False)

    def _read(self) -> None:
        try:
            states = self._reader.read()
        except (BddsegError, OSError):
            states = None
        self.app.call_from_thread(self._tell, states)

    def _tell(self, states: tuple[RunState, ...] | None) -> None:
        self._looking = False
        if states is None or states is self._seen:
            return
        before = {s.run.name: s.status for s in self._seen or ()}
        self._seen = states
        self.app.query_one(Header).activity = "  ".join(
            _activity(s.run.name, s.status) for s in states if s.status.live
        )
        for name, status in ((s.run.name, s.status) for s in states):
            if name in before and before[name].live and status.state in ENDED:
                told = status.message and status.state != "stopped"
                text = f"{name} {status.state}" + (f": {status.message}" if told else "")
                self.app.notify(text, severity=ENDED[status.state], timeout=12, markup=False)  # type: ignore[arg-type]
                self.app.bell()


def _activity(name: str, status: Status) -> str:
    share = f" {100 * status.done / status.total:.0f} %" if status.total else ""
    left = status.facts.get("seconds_left") if status.phase == "train" else None
    return f"▶ {name}{share}" + (f", {format_duration(left)} left" if left else "")
