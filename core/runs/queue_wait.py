"""A run's process waits for its turn: before it loads anything, so that it takes some MB and no time of the CPU."""

import time
from collections.abc import Sequence

from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.runs.queue import (
    DEVICES,
    QueuedRun,
    changing_queue,
    devices_in_use,
    leave_queue,
    read_queue,
    whose_turn,
)
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_states import RunStates
from bddseg_tui.core.workspace.workspace import Workspace

EVERY_S = 0.5


def wait_for_turn(run: Run, job: JobWriter) -> tuple[str, ...]:
    """Waits until the devices that a run wants are free and no run before it in the queue wants them.

    Returns:
        The devices that it has from now on, such as `cuda:0`.

    Raises:
        StopRequestedError: SIGTERM came; the run has left the queue.
        BddsegError: the workspace cannot be written.
        OSError: its status cannot be written.
    """
    workspace = Workspace(run.folder.parent.parent)
    reader = RunStates(workspace)
    job.update(force=True, state="queued", phase="", message="")
    said = ""
    try:
        while True:
            job.check_stop()
            with changing_queue(workspace):
                states = reader.read()
                queue, in_use = read_queue(states), devices_in_use(states)
                if devices := whose_turn(queue, in_use).get(run.name):
                    job.update(force=True, state="starting", message="", facts={DEVICES: list(devices)})
                    leave_queue(run)
                    return devices
            if (told := waiting_for(run, queue, in_use)) != said:
                job.update(force=True, message=told)
                said = told
            time.sleep(EVERY_S)
    except BaseException:
        leave_queue(run)
        raise


def waiting_for(run: Run, queue: Sequence[QueuedRun], in_use: dict[str, tuple[str, ...]]) -> str:
    """What a run in the queue waits for, in a line: its place, and who has the devices that it wants."""
    waiting = [q for q in queue if q.waits]
    place = next((n for n, q in enumerate(waiting, start=1) if q.run.name == run.name), 0)
    if not place:
        return ""
    wants, needs = waiting[place - 1].wants, waiting[place - 1].needs
    users = {user for device in wants for user in in_use.get(device, ())}
    devices = wants[0] if len(wants) == 1 else f"one of {', '.join(wants)}"
    if needs > 1:
        devices = f"{needs} of {', '.join(wants)}"
    used = f", where {' and '.join(sorted(users))} train{'s' if len(users) == 1 else ''}" if users else ""
    return f"place {place} in the queue for {devices}{used}"
