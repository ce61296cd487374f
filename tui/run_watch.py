"""Watching all runs from anywhere in the app: the header's line, and a word when one ends."""

from typing import TYPE_CHECKING

from core.runs import Run
from tui.figures import format_duration
from tui.widgets.header import Header

if TYPE_CHECKING:
    from tui.app import BddsegApp

EVERY_S = 1.0
ENDED = {"finished": "information", "stopped": "warning", "failed": "error", "lost": "error"}


class RunWatch:
    """Looks at the status files once a second, in a thread."""

    def __init__(self, app: "BddsegApp") -> None:
        self.app = app
        self._states: dict[str, str] | None = None

    def start(self) -> None:
        self.app.set_interval(EVERY_S, self._look)
        self._look()

    def _look(self) -> None:
        self.app.run_worker(self._read, thread=True, exclusive=True, group="runs", exit_on_error=False)

    def _read(self) -> None:
        seen: list[tuple[Run, str, str, str]] = []
        for run in self.app.engine.runs():
            status = run.status
            share = f" {100 * status.done / status.total:.0f} %" if status.total else ""
            left = status.facts.get("seconds_left")
            line = f"▶ {run.name}{share}" + (
                f", {format_duration(left)} left" if left and status.phase == "train" else ""
            )
            seen.append((run, status.state, line if status.live else "", status.message))
        self.app.call_from_thread(self._tell, seen)

    def _tell(self, seen: list[tuple[Run, str, str, str]]) -> None:
        before, self._states = self._states, {run.name: state for run, state, _, _ in seen}
        self.app.query_one(Header).activity = "  ".join(line for _, _, line, _ in seen if line)
        for run, state, _, message in seen:
            was = (before or {}).get(run.name)
            if was in ("starting", "running") and state in ENDED:
                text = f"{run.name} {state}" + (f": {message}" if message and state != "stopped" else "")
                self.app.notify(text, severity=ENDED[state], timeout=12, markup=False)  # type: ignore[arg-type]
                self.app.bell()
