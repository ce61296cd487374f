"""What the Train pane reads from the disk, in a thread: each time one frozen value."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.core.runs.run_summaries import RunSummary
from bddseg_tui.core.sanitize import sanitize_lines, sanitize_path
from bddseg_tui.core.services.runs import RunService

SHOWN_EVERY_S = 1.0
"""While a long file is read for the first time: each time the whole chart goes over the line."""


@dataclass(frozen=True)
class RunsRead:
    """All runs, histories of some by name, and details of the one that was asked for first, by its name.

    `behind` says that there is more to read in these histories.
    """

    runs: tuple[RunSummary, ...] = ()
    histories: Mapping[str, History] = field(default_factory=dict)
    details: Mapping[str, RunDetails] = field(default_factory=dict)
    behind: bool = False


class RunReader:
    """Reads again and again; what has not changed is not read twice. Any thread may read, one at a time."""

    def __init__(self, runs: RunService) -> None:
        self._runs, self._summaries, self._histories = runs, runs.summaries(), runs.histories()

    def read(self, names: tuple[str, ...], hurried: Callable[[], bool]) -> RunsRead:
        """Looks at all runs, and into those with these names, or else the newest one.

        Args:
            names: of runs; those that are gone are left out.
            hurried: says that nobody waits for the rest of a long history any more.
        """
        summaries = self._summaries.read()
        runs = {s.name: s.run for s in summaries}
        wanted = [runs[n] for n in names or tuple(runs)[:1] if n in runs]
        begun = time.monotonic()
        while True:
            found, behind = self._histories.read(tuple(run.events for run in wanted))
            if not behind or hurried() or time.monotonic() - begun > SHOWN_EVERY_S:
                break
        return RunsRead(
            runs=summaries,
            histories=MappingProxyType({n: found[run.events] for n, run in runs.items() if run.events in found}),
            details=MappingProxyType({run.name: self._runs.details(run) for run in wanted[:1]}),
            behind=behind,
        )


def read_log(runs: RunService, run: Run) -> str:
    """The end of a run's log and its settings, as printable text."""
    settings = run.problem or "\n".join(f"{k} = {v}" for k, v in run.spec["train"].items())
    log = sanitize_lines(runs.log(run.folder)).strip() or "(nothing was printed)"
    return f"{sanitize_path(run.folder)}\n\n{log}\n\n{sanitize_lines(settings)}"
