"""Running a job in this process, from its first status to its last: the same for every kind of job."""

import contextlib
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.jobs.job import JobState, Status, write_status
from bddseg_tui.core.jobs.job_writer import FolderWriter, JobWriter, NullWriter, StopRequestedError
from bddseg_tui.core.jobs.run_events import Kind
from bddseg_tui.core.jobs.use_lock import in_use
from bddseg_tui.core.processes.locks import USE, take_over
from bddseg_tui.core.processes.process import yield_to_people
from bddseg_tui.core.sanitize import sanitize, sanitize_path

Work = Callable[[JobWriter], None]


def run_job(
    folder: Path, work: Work, *, uses: Sequence[Path] = (), rank: int = 0, stopped: str = "stopped on request"
) -> int:
    """Does the work of a job; returns the process's exit code.

    Whatever happens is told in the job's status and events and, in a line, in its log. SIGTERM ends the work where it
    looks for that (`JobWriter.check_stop`, `JobWriter.progress`), with exit code 0.

    Args:
        folder: the job's own, which is made if need be.
        work: what is to be done.
        uses: folders of runs that stay until the job has said its last word.
        rank: the number of this process among those of the job; all but 0 write nothing.
        stopped: what the status says after SIGTERM.
    """
    yield_to_people()
    with contextlib.ExitStack() as held:
        try:
            for used in uses:
                held.enter_context(take_over(used / USE) or in_use(used))
            writer: JobWriter = FolderWriter(folder) if rank == 0 else NullWriter()
            held.callback(writer.close)
        except BddsegError as error:
            # It may be another process's folder: what its status says is not ours to change.
            print(f"error: {error}", flush=True)
            return 1
        except OSError as error:
            with contextlib.suppress(OSError):
                write_status(folder, Status("failed", message=str(disk_error(error, folder))))
            return 1
        return _run(folder, work, writer, stopped)


def _run(folder: Path, work: Work, writer: JobWriter, stopped: str) -> int:
    try:
        writer.update(force=True, state="starting", phase="loading libraries")
        work(writer)
        writer.update(force=True, state="finished", phase="", message="")
        return 0
    except StopRequestedError:
        _end(writer, "stop", "stopped", stopped)
        return 0
    except BddsegError as error:
        _end(writer, "fail", "failed", str(error))
    except OSError as error:
        named = error.filename if isinstance(error.filename, str | bytes) else folder
        _end(writer, "fail", "failed", f"{sanitize_path(named)}: {disk_reason(error)}")
    except Exception as error:
        with contextlib.suppress(OSError):
            traceback.print_exc()
        message = sanitize(str(error))[:500]
        _end(writer, "fail", "failed", f"{type(error).__name__}: {message} (more in log.txt)")
    return 1


def _end(writer: JobWriter, kind: Kind, state: JobState, message: str) -> None:
    """Event, status and log of the end; on a disk that is full any may fail: the rest still counts."""
    with contextlib.suppress(OSError):
        writer.event(kind, message=message)
    with contextlib.suppress(OSError):
        writer.update(force=True, state=state, phase="", message=message)
    with contextlib.suppress(OSError):
        print(f"{state}: {message}", flush=True)
