"""A job's folder: the layout through which a job and any number of apps speak.

    config.toml    all that it takes to repeat it
    events.jsonl   what happened, appended
    status.json    what it is doing now, replaced
    log.txt        its output
    lock           held (flock) by the one process that may work here

A training run is such a folder; so are the evaluations and predictions inside it.
"""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, TypeAdapter, with_config
from typing_extensions import TypedDict

from core.atomic import write_text
from core.errors import BddsegError, RecordError
from core.process import ProcessId, this_process
from core.records import Count, Fraction, Line, Moment, Real, plain, read_record
from core.sanitize import sanitize_path

State = Literal["starting", "running", "finished", "stopped", "failed", "lost"]
LIVE: tuple[State, ...] = ("starting", "running")


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

    `lost` is never written: it is what a reader calls a live state whose process is gone.
    """

    state: State = "starting"
    phase: Line = ""
    done: Count = 0
    total: Count = 0
    message: Line = ""
    process: ProcessId | None = None
    heartbeat: Moment = 0.0
    facts: Annotated[dict[str, Any], AfterValidator(_facts)] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.state in LIVE


_STATUS = TypeAdapter(Status)
_LARGEST = 1 << 20


def read_status(folder: Path) -> Status:
    """A job's status, made `lost` where its process is gone; damaged or missing files count as lost too."""
    try:
        status = read_record(_STATUS, folder / "status.json", _LARGEST)
    except FileNotFoundError:
        return Status("lost", message="its status file is missing")
    except RecordError as error:
        return Status("lost", message=f"its status file makes no sense ({error})")
    if status.live and not (status.process and status.process.alive()):
        return replace(status, state="lost", message="its process is gone: it was killed or the machine went down")
    return status


def write_status(folder: Path, status: Status, durable: bool = True) -> None:
    """Replaces a job's status file."""
    write_text(folder / "status.json", json.dumps(plain(asdict(status))), durable)


class StatusFile:
    """The writing side: keeps the current status and writes it when it changes, at most a few times a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = Status(process=this_process())
        self._written = float("-inf")

    def update(self, force: bool = False, **changes: Any) -> None:
        """Changes the status; written at once if the state or phase changed or if forced."""
        new = replace(self.status, **changes, heartbeat=time.time())
        force = force or (new.state, new.phase) != (self.status.state, self.status.phase)
        self.status = new
        if force or time.monotonic() - self._written > 0.5:
            write_status(self.folder, new, durable=new.state not in LIVE)
            self._written = time.monotonic()


class JobLock:
    """Held by the process that works in a job's folder; goes with the process, however that ends."""

    def __init__(self, folder: Path, patience_s: float = 0.0) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + patience_s
        while not self._try() and time.monotonic() < deadline:
            time.sleep(0.05)
        if not self._held:
            os.close(self._file)
            raise BddsegError(f"{sanitize_path(folder)} is being worked on by another process: stop that first")

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held = False
        else:
            self._held = True
        return self._held

    def release(self) -> None:
        """Lets another process work here."""
        os.close(self._file)


def tail_log(folder: Path, limit: int = 4000) -> str:
    """The end of a job's log, unsanitized."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
