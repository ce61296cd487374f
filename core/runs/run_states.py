"""The states of all runs, looked at again and again: files are read that changed, or that are of live runs."""

import os
from dataclasses import dataclass
from threading import Lock

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.run import Run, list_runs
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class RunState:
    """A run and what it was doing when it was looked at."""

    run: Run
    status: Status


_Stamp = tuple[int, int, int]


class RunStates:
    """Any thread may read; reads go one after another."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = Lock()
        self._known: dict[str, tuple[_Stamp, RunState]] = {}
        self._states: tuple[RunState, ...] = ()

    def read(self) -> tuple[RunState, ...]:
        """Every run, newest first; the very value of the time before where nothing is new."""
        with self._lock:
            known = dict(self._look(run) for run in list_runs(self._workspace))
            self._known = known
            states = tuple(state for _, state in known.values())
            if states != self._states:
                self._states = states
            return self._states

    def _look(self, run: Run) -> tuple[str, tuple[_Stamp, RunState]]:
        stamp = _stamp(run)
        before = self._known.get(run.name)
        if before and before[0] == stamp and not before[1].status.live:
            return run.name, before
        return run.name, (stamp, RunState(run, run.status))


def _stamp(run: Run) -> _Stamp:
    """Tells one status file from the next: it is replaced, so the inode changes too."""
    try:
        status = os.stat(run.folder / "status.json")  # noqa: PTH116 (one call, of three hundred a second)
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)
