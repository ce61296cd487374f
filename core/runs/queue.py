"""The queue of training runs: which run waits, in which order, for which device, and whose turn it is.

A run that waits has a file `queue.json` with its ticket; the file goes when its turn comes, or when it leaves. Its
process is there already, with nothing loaded, and looks again and again (`core/runs/queue_wait.py`): so the queue needs
no process of its own, and outlives the app. Of a run whose process was ended (a reboot) the file stays, and its place.

A device is in use as long as a run of this workspace trains there, queued or not: its process, not a file, says so.
"""

import contextlib
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import Count, Line, checked, read_record
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.processes.devices import usable_gpus
from bddseg_tui.core.processes.locks import try_lock
from bddseg_tui.core.runs.config import TrainConfig, validate
from bddseg_tui.core.runs.run import Run, list_runs
from bddseg_tui.core.runs.run_states import RunState, RunStates
from bddseg_tui.core.workspace.workspace import Workspace

TICKET, LOCK = "queue.json", ".queue.lock"
DEVICES = "devices"
"""Key of a status's facts: the devices that the run has."""
_PATIENCE_S = 30.0


class _Ticket(TypedDict):
    ticket: Count


_TICKET = TypeAdapter(_Ticket)
_NAMES: TypeAdapter[list[str]] = TypeAdapter(list[Line])


@dataclass(frozen=True)
class QueuedRun:
    """A run in the queue.

    Attributes:
        ticket: a lower one comes first.
        wants: the devices that it could train on, the preferred ones first.
        needs: how many of them.
        status: as it stands; one whose process was ended is `lost`, and waits until it is started again.
    """

    run: Run
    ticket: int
    wants: tuple[str, ...]
    needs: int
    status: Status

    @property
    def waits(self) -> bool:
        """Whether its process is there."""
        return self.status.live


def devices_for(config: TrainConfig) -> tuple[str, ...]:
    """The devices that a run could train on here; as many of the first as it has processes are what it takes."""
    kind, _, numbers = config.device.partition(":")
    gpus = tuple(usable_gpus()) if kind in ("auto", "cuda") else ()
    if numbers:
        named = tuple(dict.fromkeys(f"{kind}:{number}" for number in numbers.split(",")))
        return tuple(name for name in named if name in gpus) or named
    if gpus:
        return gpus
    if kind == "auto":
        return ("mps",) if sys.platform == "darwin" else ("cpu",)
    return ("cuda:0",) if kind == "cuda" else (kind,)


def needed(config: TrainConfig, there: Collection[str]) -> int:
    """How many of these devices a run takes: a GPU for each process, while processes share a CPU."""
    return min(config.processes, len(there)) if any(name.startswith("cuda") for name in there) else 1


def read_queue(states: Iterable[RunState]) -> tuple[QueuedRun, ...]:
    """Those of these runs that are in the queue, in order; runs whose configuration is damaged are left out."""
    found = []
    for run, status in ((s.run, s.status) for s in states):
        ticket = _ticket(run)
        if ticket is not None:
            with contextlib.suppress(BddsegError):
                config = validate(run.spec["train"])
                wants = devices_for(config)
                found.append(QueuedRun(run, ticket, wants, needed(config, wants), status))
    return tuple(sorted(found, key=lambda q: (q.ticket, q.run.name)))


def devices_in_use(states: Iterable[RunState]) -> dict[str, tuple[str, ...]]:
    """By device of this host, the names of those of these runs that train there."""
    users: dict[str, tuple[str, ...]] = {}
    for run, status in ((s.run, s.status) for s in states):
        if not status.live or status.state == "queued" or _ticket(run) is not None:
            continue
        if status.process is not None and status.process.host != gethostname():
            continue
        for device in devices_of(run, status):
            users[device] = (*users.get(device, ()), run.name)
    return users


def devices_of(run: Run, status: Status) -> tuple[str, ...]:
    """The devices that a run trains on: as it says, or as it was configured where it has said nothing yet."""
    with contextlib.suppress(RecordError):
        if told := checked(_NAMES, status.facts.get(DEVICES, [])):
            return tuple(told)
    with contextlib.suppress(BddsegError):
        config = validate(run.spec["train"])
        wants = devices_for(config)
        return wants[: needed(config, wants)]
    return ()


def whose_turn(queue: Iterable[QueuedRun], in_use: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By name, the runs that may start now, and on which devices.

    Strictly in order: what a run waits for is not given to one behind it, which may take what none before it wants.
    """
    taken, turns = set(in_use), {}
    for queued in queue:
        if not queued.waits:
            continue
        free = [device for device in queued.wants if device not in taken]
        if len(free) >= queued.needs:
            free = free[: queued.needs]
            turns[queued.run.name] = tuple(free)
        taken.update(free)
    return turns


@contextmanager
def changing_queue(workspace: Workspace) -> Iterator[None]:
    """Keeps everybody else from changing the queue, and from taking a device out of it.

    Raises:
        BddsegError: the workspace cannot be written, or another process has not let go of it for half a minute.
    """
    path = workspace.runs / LOCK
    try:
        lock = try_lock(path, patience_s=_PATIENCE_S)
    except OSError as error:
        raise disk_error(error, path, "locked") from error
    if lock is None:
        raise BddsegError("another process is changing the queue: try again")
    with lock:
        yield


def join_queue(workspace: Workspace, run: Run) -> None:
    """Puts a run at the end of the queue; one that has a place keeps it.

    Raises:
        BddsegError: the workspace cannot be written.
    """
    with changing_queue(workspace):
        if _ticket(run) is None:
            _write_ticket(
                run,
                max((ticket for one in list_runs(workspace) if (ticket := _ticket(one)) is not None), default=0) + 1,
            )


def leave_queue(run: Run) -> None:
    """Gives up the place of a run, if it has one."""
    with contextlib.suppress(OSError):
        (run.folder / TICKET).unlink()


def move_in_queue(workspace: Workspace, run: Run, place: int) -> None:
    """Gives a run another place, from 1; those behind it move on.

    Raises:
        BddsegError: it is not in the queue, or the workspace cannot be written.
    """
    with changing_queue(workspace):
        states = RunStates(workspace).read()
        order = [q.run for q in read_queue(states) if q.run.name != run.name]
        if _ticket(run) is None:
            raise BddsegError(f"{run.name} is not in the queue")
        order.insert(max(0, place - 1), run)
        for ticket, one in enumerate(order, start=1):
            _write_ticket(one, ticket)


def is_queued(folder: Path) -> bool:
    """Whether the run in this folder has a place in the queue."""
    return (folder / TICKET).exists()


def _ticket(run: Run) -> int | None:
    try:
        return read_record(_TICKET, run.folder / TICKET, 1 << 16)["ticket"]
    except FileNotFoundError:
        return None
    except RecordError:
        return 0  # damaged: it has a place, which comes first


def _write_ticket(run: Run, ticket: int) -> None:
    path = run.folder / TICKET
    try:
        write_text(path, json.dumps({"ticket": ticket}))
    except OSError as error:
        raise disk_error(error, path) from error
