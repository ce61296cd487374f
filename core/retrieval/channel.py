"""What a retriever is spoken with: the pipes of a process of one's own, or a socket of one that is shared."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_reason

COMMAND = (sys.executable, "-P", "-m", "bddseg_tui.index", "retriever")


class Channel(Protocol):
    """A way to a retriever."""

    pid: int | None
    """Its process, where that is known."""
    writer: BinaryIO
    reader: BinaryIO

    @property
    def open(self) -> bool:
        """Whether it still listens, as far as is known."""

    def is_process(self, pid: int) -> None:
        """It has told which process it is."""

    def hang_up(self) -> None:
        """Says that no more requests will come."""

    def wait(self, seconds: float) -> int:
        """Waits until it is over; returns the exit code of a process of one's own, else 0.

        Raises:
            subprocess.TimeoutExpired: it is not within so many seconds.
        """

    def kill(self) -> None:
        """Ends the process at once."""


OpenChannel = Callable[[], Channel]


class ProcessChannel:
    """A process of one's own, that ends when its input does."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self.pid: int | None = process.pid
        self.writer: BinaryIO = process.stdin  # type: ignore[assignment]
        self.reader: BinaryIO = process.stdout  # type: ignore[assignment]

    @property
    def open(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def is_process(self, pid: int) -> None:
        """It is known already."""

    def hang_up(self) -> None:
        """Closing the pipe says it."""

    def wait(self, seconds: float) -> int:
        """Waits for the process to end."""
        return self._process.wait(seconds)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()


class SocketChannel:
    """A connection to a process that others may be speaking with too; it outlives the connection."""

    def __init__(self, connection: socket.socket, pid: int | None) -> None:
        self._connection = connection
        self.pid = pid
        self.writer: BinaryIO = connection.makefile("wb")
        self.reader: BinaryIO = connection.makefile("rb")
        self._over = False

    @property
    def open(self) -> bool:
        """Whether the other end has not hung up."""
        return not self._over

    def is_process(self, pid: int) -> None:
        """It has told which process it is."""
        self.pid = pid

    def hang_up(self) -> None:
        """Lets the other end see the end of the requests."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def wait(self, seconds: float) -> int:
        """The connection alone is over, at once."""
        self._over = True
        self._connection.close()
        return 0

    def kill(self) -> None:
        """Ends the process, where it is known which, and the connection in any case."""
        self._over = True
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        if self.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)


def start_process(log: Path, command: Sequence[str] = COMMAND) -> ProcessChannel:
    """Starts a retriever of one's own.

    Raises:
        BddsegError: it cannot be started.
    """
    return ProcessChannel(spawn(log, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))


def spawn(
    log: Path, command: Sequence[str], stdin: int, stdout: int, handles: Sequence[int] = (), folder: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Starts a process in a session of its own that writes its errors into a log which nobody else may read.

    Raises:
        BddsegError: it cannot be started.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(log, flags, 0o600), "wb") as sink:
            os.fchmod(sink.fileno(), 0o600)
            return subprocess.Popen(
                list(command),
                stdin=stdin,
                stdout=stdout,
                stderr=sink,
                pass_fds=tuple(handles),
                start_new_session=True,
                cwd=folder,
                env={**os.environ, "PYTHONSAFEPATH": "1", "TOKENIZERS_PARALLELISM": "false"},
            )
    except OSError as error:
        raise BddsegError(f"the retriever cannot be started: {disk_reason(error)}") from error
