"""A job's folder: the layout through which a job and any number of apps speak.

    config.toml    all that it takes to repeat it
    events.jsonl   what happened, appended
    status.json    what it is doing now, replaced
    log.txt        its output
    lock           held (flock) by the one process that may work here
    use            of a run or an evaluation: held together by whoever needs it to stay (core.processes.locks)

A training run is such a folder; so are the evaluations and predictions inside it.
"""

import errno
import json
import os
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from socket import gethostname
from typing import Annotated, Any, Literal, Unpack

from pydantic import AfterValidator, TypeAdapter, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import Count, Fraction, Line, Moment, Real, plain, read_record
from bddseg_tui.core.processes.locks import LOCK, is_locked, take_over, try_lock
from bddseg_tui.core.processes.process import ProcessId, this_process
from bddseg_tui.core.sanitize import sanitize, sanitize_path

JobState = Literal["queued", "starting", "running", "finished", "stopped", "failed", "lost"]
LIVE: tuple[JobState, ...] = ("queued", "starting", "running")
SECONDS_LEFT = "seconds_left"
"""Key of a status's facts: how long the phase will still take."""
SILENT_S = 300.0
"""After so long without a word a job of another host counts as lost, where the file system has no locks."""


@with_config(extra="allow")
class Facts(TypedDict, total=False):
    """What is shown of a job's facts; it may have others."""

    epoch: Count
    epochs: Count
    seconds_left: Real | None
    step_s: Real | None
    device: Line
    precision: Line
    best_epoch: Count | None
    best_miou19: Fraction | None


def _facts(value: dict[str, Any]) -> dict[str, Any]:
    return dict(_FACTS.validate_python(value))


_FACTS = TypeAdapter(Facts)


@dataclass(frozen=True)
class Status:
    """What a job is doing. `done` of `total` counts steps or images; `phase` names the part of the work.

    `queued` is a run that waits for a device. `lost` is never written: it is what a reader calls a live state whose
    process is gone.
    """

    state: JobState = "starting"
    phase: Line = ""
    done: Count = 0
    total: Count = 0
    message: Line = ""
    process: ProcessId | None = None
    heartbeat: Moment = 0.0
    facts: Annotated[dict[str, Any], AfterValidator(_facts)] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether the job is at work or about to be."""
        return self.state in LIVE


class StatusChanges(TypedDict, total=False):
    """What may change of a status; `facts` are added to those that are there, or take their place one by one."""

    state: JobState
    phase: str
    done: int
    total: int
    message: str
    process: ProcessId
    facts: dict[str, Any]


_STATUS = TypeAdapter(Status)
_LARGEST = 1 << 20


def read_status(folder: Path, mine: bool = False) -> Status:
    """A job's status, made `lost` where its process is gone; damaged or missing files count as lost too.

    Args:
        folder: the job's.
        mine: the caller holds the job's lock, so that it says nothing of another process.
    """
    try:
        status = read_record(_STATUS, folder / "status.json", _LARGEST)
    except FileNotFoundError:
        return Status("lost", message="its status file is missing")
    except RecordError as error:
        return Status("lost", message=f"its status file makes no sense ({error})")
    seen = not status.live or (status.process and status.process.alive())
    return status if seen else _unseen(folder, status, not mine and is_locked(folder / LOCK))


def _unseen(folder: Path, status: Status, locked: bool) -> Status:
    """The status of a live job whose process cannot be seen from here: gone, on another host, or in a container.

    The lock tells where the file system has locks. Where it has none, the job of another host lives as long as its
    status is written now and then; that of this host is gone.
    """
    elsewhere = status.process is not None and status.process.host != gethostname()
    age = time.time() - _last_written(folder, status)
    host = sanitize(status.process.host) if status.process else ""
    if locked or (elsewhere and abs(age) < SILENT_S):
        where = f"on {host}, as of {max(0, round(age))} s ago" if elsewhere else "where its process cannot be seen"
        return replace(status, message=where)
    gone = "its process is gone: it was killed or the machine went down"
    if status.state == "queued":
        gone = "it waited in the queue when its process was ended: `bddseg-tui queue start` has it wait again"
    if elsewhere:
        gone = f"it ran on {host}, which has not been heard of for {max(0, round(age / 60))} minutes"
    return replace(status, state="lost", message=gone)


def _last_written(folder: Path, status: Status) -> float:
    try:
        return max(status.heartbeat, (folder / "status.json").stat().st_mtime)
    except OSError:
        return status.heartbeat


def write_status(folder: Path, status: Status, durable: bool = True) -> None:
    """Replaces a job's status file. On a full disk it is overwritten where it lies, so that an end is always told.

    Raises:
        OSError: it cannot be written.
    """
    path, text = folder / "status.json", json.dumps(plain(asdict(status)))
    try:
        write_text(path, text, durable)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not _overwrite(path, text.encode()):
            raise


def _overwrite(path: Path, data: bytes) -> bool:
    """Writes into the blocks that a file has already; False where they do not suffice."""
    try:
        with path.open("r+b", buffering=0) as file:
            found = os.fstat(file.fileno())
            # JSON may end in spaces, so one write does it and a reader never sees a mixture.
            return len(data) <= found.st_blocks * 512 and file.write(data.ljust(found.st_size)) >= len(data)
    except OSError:
        return False


class StatusFile:
    """The writing side: keeps the current status and writes it when it changes, at most a few times a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = Status(process=this_process())
        self._written = float("-inf")

    def update(self, *, force: bool = False, **changes: Unpack[StatusChanges]) -> None:
        """Changes the status; written at once if the state or phase changed or if forced.

        Raises:
            OSError: it cannot be written.
        """
        facts = self.status.facts
        if changes.get("phase", self.status.phase) != self.status.phase:
            # What was foreseen of one phase says nothing of the next.
            facts = {key: value for key, value in facts.items() if key != SECONDS_LEFT}
        changes["facts"] = {**facts, **changes.get("facts", {})}
        new = replace(self.status, **changes, heartbeat=time.time())
        force = force or (new.state, new.phase) != (self.status.state, self.status.phase)
        self.status = new
        if force or time.monotonic() - self._written > 0.5:
            write_status(self.folder, new, durable=new.state not in LIVE)
            self._written = time.monotonic()


class JobLock:
    """Held by the process that works in a job's folder; goes with the process, however that ends.

    A job that was started by `core.jobs.launch` takes over the lock that was taken for it.

    Raises:
        BddsegError: another process works here, or the folder cannot be written.
    """

    def __init__(self, folder: Path, patience_s: float = 1.0) -> None:
        # A reader that asks whether the lock is held has it for an instant: hence some patience.
        path = folder / LOCK
        try:
            lock = take_over(path) or try_lock(path, patience_s=patience_s)
        except OSError as error:
            raise disk_error(error, path, "locked") from error
        if lock is None:
            raise BddsegError(f"{sanitize_path(folder)} is being worked on by another process: stop that first")
        self._lock = lock

    def release(self) -> None:
        """Lets another process work here."""
        self._lock.release()


def tail_log(folder: Path, limit: int = 4000) -> str:
    """The end of a job's log, unsanitized."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
