"""What lists of runs show: dataset, preset, encoder, size, best mIoU and time, looked at again and again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.best_epoch import best_epochs
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_states import RunState, RunStates
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class RunSummary:
    """A run as a list shows it.

    Attributes:
        run: the run.
        status: what it was doing when it was looked at.
        dataset: where its dataset is; None where its configuration is damaged.
        preset: what its settings began with; printable, as `encoder` is.
        encoder: the model's.
        size: (height, width) in pixels that it is trained at; (0, 0) where that is not known.
        miou19: the best mIoU over the official classes (0..1) so far.
        begun: when it was made, in seconds since 1970.
        seconds: how long it has trained; of runs of earlier versions, from its beginning to its last word.
    """

    run: Run
    status: Status
    dataset: Path | None = None
    preset: str = ""
    encoder: str = ""
    size: tuple[int, int] = (0, 0)
    miou19: float | None = None
    begun: float = 0.0
    seconds: float | None = None

    @property
    def name(self) -> str:
        """The run's name, such as `0001-demo`."""
        return self.run.name

    @property
    def dataset_name(self) -> str:
        """The last part of its dataset's path, printable; a dash where that is not known."""
        return sanitize(self.dataset.name) if self.dataset else "-"


class RunSummaries:
    """Any thread may read; reads go one after another."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._states = workspace, RunStates(workspace)
        self._lock = Lock()
        self._known: dict[str, tuple[RunState, RunSummary]] = {}
        self._summaries: tuple[RunSummary, ...] = ()
        self._read_of: tuple[RunState, ...] | None = None

    def read(self) -> tuple[RunSummary, ...]:
        """Every run, newest first; the very value of the time before where nothing is new."""
        with self._lock:
            states = self._states.read()
            if states is not self._read_of:
                self._known = {state.run.name: (state, self._look(state)) for state in states}
                self._read_of, self._summaries = states, tuple(summary for _, summary in self._known.values())
            return self._summaries

    def _look(self, state: RunState) -> RunSummary:
        before = self._known.get(state.run.name)
        if before and before[0] is state:
            return before[1]
        return summarize(self._workspace, state)


def summarize(workspace: Workspace, state: RunState) -> RunSummary:
    """Reads what a list shows of a run."""
    run, status = state.run, state.status
    try:
        begun = os.stat(run.folder / "config.toml").st_mtime  # noqa: PTH116
        spec, dataset = run.spec, run.dataset
    except (BddsegError, OSError):
        return RunSummary(run, status)
    best = best_epochs(workspace, [state])[run.name] if "best_epoch" not in status.facts else None
    settings = spec["train"]
    return RunSummary(
        run=run,
        status=status,
        dataset=dataset,
        preset=sanitize(spec.get("preset", "")),
        encoder=sanitize(str(settings.get("encoder", ""))),
        size=_size(settings),
        miou19=best.miou19 if best else _number(status.facts.get("best_miou19")),
        begun=begun,
        seconds=_number(status.facts.get("trained_s"), max(0.0, status.heartbeat - begun) or None),
    )


def _size(settings: Mapping[str, Any]) -> tuple[int, int]:
    """(height, width) that a run trains at: of its crops, where it has any; 0 where that is not known."""
    names = ("crop_height", "crop_width") if settings.get("crop_height") else ("height", "width")
    height, width = (int(_number(settings.get(name)) or 0) for name in names)
    return height, width


def _number(value: Any, otherwise: float | None = None) -> float | None:
    return float(value) if isinstance(value, int | float) else otherwise
