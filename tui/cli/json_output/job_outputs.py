"""Of jobs and of what takes room."""

from typing import Literal

from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Line, Real
from bddseg_tui.core.jobs.job import JobState
from bddseg_tui.core.maintenance.disk_use import Kind as ItemKind
from bddseg_tui.core.runs.job_list import Kind as JobKind
from bddseg_tui.tui.cli.json_output.closed import closed


@closed
class JobRow(TypedDict):
    """An item of `jobs`."""

    job: Line
    kind: JobKind
    run: Line
    """Empty for an index."""
    state: JobState
    phase: Line
    done: Count
    total: Count
    seconds_left: Real | None
    message: Line
    host: Line | None
    pid: Count | None
    folder: Line


@closed
class JobStopped(TypedDict):
    """`stop`."""

    job: Line
    run: Line
    kind: JobKind
    state: JobState
    done: Count
    total: Count


@closed
class QueueRow(TypedDict):
    """An item of `queue`."""

    run: Line
    place: Count
    waits: bool
    """Whether its process is there; if not, `queue start` starts it again."""
    devices: list[Line]
    """Those that it could train on."""
    needs: Count
    """How many of them."""
    message: Line
    folder: Line


@closed
class QueueStarted(TypedDict):
    """`queue start`."""

    started: list[Line]


@closed
class QueueRemoved(TypedDict):
    """`queue remove`."""

    removed: Line


@closed
class DeviceUser(TypedDict):
    """A process on a GPU that is no run of this workspace."""

    pid: Count
    user: Line
    program: Line
    memory: Count | None


@closed
class DeviceRow(TypedDict):
    """An item of `devices`."""

    device: Line
    model: Line
    memory_used: Count | None
    """In bytes, as all memory."""
    memory_total: Count | None
    load: Real | None
    """In percent."""
    runs: list[Line]
    others: list[DeviceUser]


@closed
class ItemRow(TypedDict):
    """Something in the workspace."""

    kind: ItemKind
    name: Line
    what: Line
    bytes: Count
    freed_by: Literal["caches", "deleted", "gone"] | None
    tags: Count | None


@closed
class DiskUse(TypedDict):
    """`workspace`."""

    workspace: Line
    bytes: Count
    items: list[ItemRow]


@closed
class KeptItem(TypedDict):
    """Something that was not freed."""

    name: Line
    why: Line


@closed
class FreedItems(TypedDict):
    """`workspace free`."""

    bytes: Count
    freed: list[Line]
    kept: list[KeptItem]
