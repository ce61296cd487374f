"""Processes that outlive the app: starting, recognising and ending them.

A process id alone is not an identity, since ids are used again; id, start time (in clock ticks since boot, so that
setting the clock changes nothing) and boot id together are.
"""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

# glibc gives every large tensor back to the system and takes it anew, page fault by page fault, at each step.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 33), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}
_children: "list[subprocess.Popen[bytes]]" = []


@dataclass(frozen=True)
class ProcessId:
    """Which process: on which host and boot, with what id and start."""

    host: str
    boot: str
    pid: int
    start: str

    def alive(self) -> bool:
        """Whether that very process still runs. For one on another host this cannot be told: False."""
        return self.host == gethostname() and self.boot == _boot_id() and _start_time(self.pid) == self.start


def this_process() -> ProcessId:
    """The identity of the calling process."""
    return identify(os.getpid())


def identify(pid: int) -> ProcessId:
    """The identity of a running process."""
    return ProcessId(gethostname(), _boot_id(), pid, _start_time(pid) or "")


def start_detached(module: str, arguments: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Starts `python -P -m MODULE ARG ...` in a session of its own, so that no hang-up reaches it.

    `-P` (and PYTHONSAFEPATH, for its own children) keeps the current folder from shadowing modules. Its output goes
    to `log`.
    """
    with log.open("ab") as sink:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            close_fds=True,
            env={**os.environ, "PYTHONSAFEPATH": "1", **_KEEP_MEMORY},
        )


def keep_child(child: "subprocess.Popen[bytes]") -> None:
    """Remembers a job that was started here, so that it is reaped when it has ended; it would stay a zombie else."""
    _children[:] = [c for c in _children if c.poll() is None] + [child]


def terminate(process: ProcessId) -> None:
    """Asks a job to checkpoint and end."""
    if process.alive():
        os.kill(process.pid, signal.SIGTERM)


def kill(process: ProcessId) -> None:
    """Ends a job and its workers at once."""
    if process.alive():
        os.killpg(os.getpgid(process.pid), signal.SIGKILL)


def yield_to_people() -> None:
    """Lets whoever types at this machine go first; a machine of its own loses nothing by it."""
    os.nice(5)
    # Where Linux schedules by session, niceness counts within the session alone, and this is the session's own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("10")


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start_time(pid: int) -> str | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _start_time_elsewhere(pid)
    # A zombie holds its id but is dead.
    return None if fields[0] in "ZX" else fields[19]


def _start_time_elsewhere(pid: int) -> str | None:
    if sys.platform.startswith("linux"):
        return None
    import psutil

    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
