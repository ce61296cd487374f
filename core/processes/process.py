"""Processes that outlive the app: starting, recognising and ending them.

A process id alone is not an identity, since ids are used again; id, start time (in clock ticks since boot, so that
setting the clock changes nothing) and boot id together are.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname
from typing import NoReturn

from bddseg_tui.core.processes.locks import HANDED_ON, FolderLock, hand_on, keep_for_exec

LAUNCHER = "torch.distributed.run"
"""The module that starts the processes of a job that has several."""
# glibc gives every large tensor back to the system and takes it anew, page fault by page fault, at each step.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 33), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}
JOB_PID = "BDDSEG_JOB_PID"
"""Environment variable: the process id of the job, which is the launcher's where a job has several processes."""
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


def start_detached(
    module: str, arguments: list[str], log: Path, locks: Sequence[FolderLock] = ()
) -> "subprocess.Popen[bytes]":
    """Starts `python -P -m MODULE ARG ...` in a session of its own, so that no hang-up reaches it.

    It waits for `release_start`, and ends where that never comes: what is to be on disk before it begins can be
    written with its identity. `-P` (and PYTHONSAFEPATH, for its own children) keeps the current folder from
    shadowing modules. Its output goes to `log`; `locks` are handed on to it.
    """
    command = [sys.executable, "-P", "-m", module, *arguments]
    given = {HANDED_ON: hand_on(locks)} if locks else {}
    # The shell's process id is the job's, since exec keeps it.
    begin = f'read -r go && export {JOB_PID}=$$ && exec "$@" </dev/null'
    # A launcher has handlers of its own, from its first moment on.
    with log.open("ab") as sink, _stop_held_back() if module != LAUNCHER else contextlib.nullcontext():
        return subprocess.Popen(
            ["/bin/sh", "-c", begin, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock.handle for lock in locks if lock.handle is not None],
            env={**os.environ, "PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8:replace", **_KEEP_MEMORY, **given},
        )


def become(module: str, arguments: list[str]) -> NoReturn:
    """Has `python -P -m MODULE ARG ...` take the place of this job, as the same process, with its locks.

    Raises:
        OSError: it cannot be started.
    """
    keep_for_exec()
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])


@contextlib.contextmanager
def _stop_held_back() -> Iterator[None]:
    """A process that is started in this block has SIGTERM kept for it until it is ready (`on_stop`), then gets it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def on_stop(stop: Callable[..., None]) -> None:
    """Calls `stop` when this process is asked to end (SIGTERM), even before this moment; a hang-up it ignores."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def release_start(child: "subprocess.Popen[bytes]") -> None:
    """Lets a process of `start_detached` begin, and remembers it, so that it is reaped when it has ended."""
    assert child.stdin
    # It may have been killed already; whoever reads its status sees that.
    with contextlib.suppress(OSError):
        child.stdin.write(b"go\n")
        child.stdin.close()
    _children[:] = [c for c in _children if c.poll() is None] + [child]


def abandon_start(child: "subprocess.Popen[bytes]") -> None:
    """Ends a process of `start_detached` that has not begun."""
    assert child.stdin
    child.stdin.close()
    child.wait()


def terminate(process: ProcessId) -> None:
    """Asks a job to checkpoint and end."""
    if process.alive():
        os.kill(process.pid, signal.SIGTERM)


def kill(process: ProcessId) -> None:
    """Ends a job and its workers at once, with the launcher and the other processes of a job that has several."""
    if not process.alive():
        return
    for group in {os.getpgid(process.pid), *_groups_of_launcher(process.pid)}:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def end_with_launcher(patience_s: float = 60.0) -> None:
    """Ends this process, one of several, when its launcher is gone: as on SIGTERM, or, where it hangs, soon after.

    It would wait for the others for ever else, and hold its GPU.
    """
    launcher = int(os.environ.get(JOB_PID) or os.getppid())

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience_s)
        os._exit(1)

    threading.Thread(target=watch, name="launcher", daemon=True).start()


def yield_to_people() -> None:
    """Lets whoever types at this machine go first; a machine of its own loses nothing by it."""
    os.nice(5)
    # Where Linux schedules by session, niceness counts within the session alone, and this is the session's own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("10")


def _groups_of_launcher(pid: int) -> set[int]:
    """The process groups of torch's launcher and of all that it started, where it is the parent of `pid`."""
    import psutil

    found: set[int] = set()
    with contextlib.suppress(psutil.Error, OSError):
        launcher = psutil.Process(pid).parent()
        if launcher is not None and LAUNCHER in launcher.cmdline():
            found = {os.getpgid(launcher.pid)}
            for child in launcher.children(recursive=True):
                with contextlib.suppress(ProcessLookupError):
                    found.add(os.getpgid(child.pid))
    return found


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
