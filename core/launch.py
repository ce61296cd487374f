"""Starting a job: a process of its own that works in a folder and says there how it stands."""

import time
from pathlib import Path

from core.errors import BddsegError
from core.job import JobLock, Status, write_status
from core.process import identify, keep_child, start_detached
from core.sanitize import sanitize_path

_PATIENCE_S = 10.0
"""A job that has said its last word may still be leaving."""


def launch(folder: Path, module: str, arguments: list[str]) -> None:
    """Starts `python -m MODULE ARG ...` as the job of a folder that is there; returns when its status says so.

    Raises:
        BddsegError: another process works there, or the folder cannot be written.
    """
    JobLock(folder, _PATIENCE_S).release()
    try:
        child = start_detached(module, arguments, folder / "log.txt")
        write_status(folder, Status("starting", process=identify(child.pid), heartbeat=time.time()))
    except OSError as error:
        raise BddsegError(f"{sanitize_path(folder)} cannot be written ({error.strerror}): make room") from error
    keep_child(child)


def launch_training(folder: Path, arguments: list[str], processes: int = 1) -> None:
    """Starts a job of `train`, in as many processes as are asked for.

    Raises:
        BddsegError: as `launch`.
    """
    if processes > 1:
        options = ["--standalone", "--nproc-per-node", str(processes)]
        launch(folder, "torch.distributed.run", [*options, "-m", "train", *arguments])
    else:
        launch(folder, "train", arguments)
