"""Starting a job: a process of its own that works in a folder and says there how it stands.

What a job needs to itself is locked before anything is looked at, and the locks are handed on to the process. So of two
who start one job at the same instant exactly one does, and nothing that a job uses is deleted while it starts.
"""

import logging
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.jobs.job import JobState, Status, read_status, write_status
from bddseg_tui.core.jobs.use_lock import in_use
from bddseg_tui.core.processes.locks import LOCK, FolderLock, try_lock
from bddseg_tui.core.processes.process import LAUNCHER, abandon_start, identify, release_start, start_detached
from bddseg_tui.core.sanitize import sanitize_path

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 30.0
"""A job that has said its last word may still be leaving."""


@contextmanager
def taken_up(
    folder: Path, busy: str, uses: Sequence[Path] = (), fills: Path | None = None
) -> Iterator[list[FolderLock]]:
    """Holds what a job needs while it is started: its own folder, which is made, and what else it needs.

    Args:
        folder: the job's own.
        busy: what to say where another process works there.
        uses: folders of runs or evaluations that have to stay.
        fills: a folder that two jobs must not write into at once.

    Raises:
        BddsegError: `busy`; something it uses is being deleted; or a folder cannot be written.
    """
    with ExitStack() as held:
        locks = [held.enter_context(in_use(used)) for used in uses]
        locks.append(held.enter_context(_work_lock(folder, busy)))
        if fills is not None:
            locks.append(held.enter_context(_fill_lock(fills)))
        yield locks


def launch(
    folder: Path, module: str, arguments: list[str], locks: Sequence[FolderLock], state: JobState = "starting"
) -> None:
    """Starts `python -P -m MODULE ARG ...` as the job of a folder, with the locks that `taken_up` gave.

    Its status says so before it begins, with this state.

    Raises:
        BddsegError: the folder cannot be written.
    """
    try:
        child = start_detached(module, arguments, folder / "log.txt", locks)
    except OSError as error:
        raise disk_error(error, folder) from error
    try:
        write_status(folder, Status(state, process=identify(child.pid), heartbeat=time.time()))
    except OSError as error:
        abandon_start(child)
        raise disk_error(error, folder) from error
    except BaseException:
        abandon_start(child)
        raise
    command = shlex.join([module, *arguments])
    _LOG.debug("process %d: python -P -m %s; it prints into %s", child.pid, command, folder / "log.txt")
    release_start(child)


def launch_training(folder: Path, arguments: list[str], locks: Sequence[FolderLock], processes: int = 1) -> None:
    """Starts a job of `train`, in as many processes as are asked for.

    Raises:
        BddsegError: as `launch`.
    """
    if processes > 1:
        launch(folder, LAUNCHER, several(arguments, processes), locks)
    else:
        launch(folder, "bddseg_tui.train", arguments, locks)


def several(arguments: list[str], processes: int) -> list[str]:
    """What torch's launcher is told to start a job of `train` in several processes."""
    return ["--standalone", "--nproc-per-node", str(processes), "-m", "bddseg_tui.train", *arguments]


def launch_queued(folder: Path, arguments: list[str], locks: Sequence[FolderLock]) -> None:
    """Starts a job of `train` that waits for a device before it does what the arguments say.

    Raises:
        BddsegError: as `launch`.
    """
    launch(folder, "bddseg_tui.train", [*arguments, "--queue"], locks, state="queued")


def _work_lock(folder: Path, busy: str) -> FolderLock:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = try_lock(folder / LOCK)
        except FileNotFoundError:
            continue  # it was deleted between the two
        except OSError as error:
            raise disk_error(error, folder) from error
        if not read_status(folder, mine=lock is not None).live:
            if lock is not None:
                return lock
            if time.monotonic() < deadline:
                time.sleep(0.05)
                continue
        if lock is not None:
            lock.release()
        raise BddsegError(busy)


def _fill_lock(folder: Path) -> FolderLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder, patience_s=_PATIENCE_S)
    except OSError as error:
        raise disk_error(error, folder) from error
    if lock is None:
        raise BddsegError(f"another job writes into {sanitize_path(folder)}: name another folder, or wait for it")
    return lock
