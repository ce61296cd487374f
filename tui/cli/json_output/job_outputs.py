"""Of jobs and of what takes room."""

from typing import Literal

from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Line, Real
from bddseg_tui.core.jobs.job import State
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
    state: State
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
    state: State
    done: Count
    total: Count


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
