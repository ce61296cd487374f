"""The best epoch of each run, without going through its events: the run itself says it in its status.

Runs of earlier versions do not. Of theirs the epochs are searched for once; what was found is kept in the workspace's
cache and holds as long as the file has the same size and time.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.records import Count, Fraction, checked, decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.jobs.events import EventTail
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_states import RunState
from bddseg_tui.core.workspace.workspace import Workspace

FILE = "best-epochs.json"
_LARGEST = 64 << 20


@dataclass(frozen=True)
class Best:
    """The epoch with the highest mIoU over the 19 official classes (0..1)."""

    epoch: Count
    miou19: Fraction


@dataclass(frozen=True)
class _Found:
    """What was found in an events file of this size (bytes) and time (ns)."""

    size: Count
    mtime_ns: int
    best: Best | None


_INDEX = TypeAdapter(dict[str, _Found])


def best_epochs(workspace: Workspace, states: Iterable[RunState]) -> dict[str, Best | None]:
    """The best epoch by run; None where none was validated yet."""
    known, found, result = _read_index(workspace), dict[str, _Found](), dict[str, Best | None]()
    for state in states:
        name, facts = state.run.name, state.status.facts
        if "best_epoch" in facts:
            miou, epoch = facts.get("best_miou19"), facts["best_epoch"]
            result[name] = None if miou is None or epoch is None else Best(epoch, miou)
            continue
        size, mtime_ns = _stamp(state.run)
        entry = known.get(name)
        if entry is None or (entry.size, entry.mtime_ns) != (size, mtime_ns):
            entry = _Found(size, mtime_ns, _search(state.run) if size else None)
        found[name], result[name] = entry, entry.best
    if found != known:
        # It only saves time: where it cannot be written, all is searched again.
        with contextlib.suppress(OSError, BddsegError):
            text = json.dumps({name: asdict(entry) for name, entry in found.items()})
            write_text(workspace.cache / FILE, text, durable=False)
    return result


def _search(run: Run) -> Best | None:
    """The best of the epochs that stand: none that a resume did again."""
    epochs = list[tuple[int, Best]]()
    for event in EventTail(run.events, ("epoch", "start", "resume")).stream():
        if event["kind"] == "epoch":
            if (miou := event.get("miou19")) is not None:
                epochs.append((event["step"], Best(event["epoch"], miou)))
        elif event["kind"] == "start" or event["kind"] == "resume":
            at = event.get("step", 0)
            epochs = [e for e in epochs if e[0] <= at]
    return max((best for _, best in epochs), key=lambda b: b.miou19, default=None)


def _stamp(run: Run) -> tuple[int, int]:
    try:
        status = os.stat(run.events)  # noqa: PTH116
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def _read_index(workspace: Workspace) -> dict[str, _Found]:
    try:
        return checked(_INDEX, decode(read_regular(workspace.cache / FILE, _LARGEST)))
    except (OSError, RecordError, BddsegError):
        return {}
