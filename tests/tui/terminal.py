"""A pseudo-terminal with a program in it: for tests and benchmarks that read what a terminal would get."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

DEADLINE_S = 40.0
STATUS_QUERY, STATUS_ANSWER = b"\x1b[5n", b"\x1b[0n"


class Terminal:
    """Runs a command in a pty of its own session; `output` holds every byte that it wrote."""

    def __init__(
        self, command: list[str], size: tuple[int, int] = (100, 30), env: dict[str, str] | None = None
    ) -> None:
        self.output = bytearray()
        self.answering = True
        """Whether it says, where the program asks, that it has come so far; one that lags behind does not yet."""
        self._looked_at = 0
        self.master, slave = pty.openpty()
        self._slave = os.dup(slave)
        self._set_size(*size)
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment, close_fds=True
        )
        os.close(slave)
        os.set_blocking(self.master, False)

    @classmethod
    def app(cls, dataset: Path, *options: str, size: tuple[int, int] = (100, 30)) -> "Terminal":
        """The app on a dataset."""
        return cls([sys.executable, "-m", "bddseg_tui.tui", "open", str(dataset), *options], size)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Hangs up."""
        if self.master >= 0:
            os.close(self.master)
            os.close(self._slave)
            self.master = -1

    @property
    def unread(self) -> int:
        """Bytes that were sent and that no program has read."""
        # Of a line that is not ended nothing would be told.
        tty.setraw(self._slave, termios.TCSANOW)
        return int.from_bytes(fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4)), sys.byteorder)

    @property
    def signals(self) -> bool:
        """Whether Ctrl+C is a signal, as a shell has it."""
        return bool(termios.tcgetattr(self._slave)[3] & termios.ISIG)

    def resize(self, columns: int, rows: int) -> None:
        """Gives it another size in cells, and tells the program."""
        self._set_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def _set_size(self, columns: int, rows: int) -> None:
        packed = struct.pack("HHHH", rows, columns, columns * 10, rows * 20)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, packed)

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def read(self, timeout: float = 0.05) -> bytes:
        """Whatever the program wrote meanwhile."""
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:
            return b""
        self.output += data
        if self.answering:
            # As every terminal does. A query that lies between two reads is answered with the next one.
            asked = self.output.count(STATUS_QUERY, self._looked_at)
            self._looked_at = max(self._looked_at, len(self.output) - len(STATUS_QUERY) + 1)
            os.write(self.master, STATUS_ANSWER * asked)
        return data

    def until(self, happened: Callable[[bytes], object], deadline_s: float = DEADLINE_S) -> bytes:
        """Reads until what was read since the call satisfies `happened`; returns that.

        Raises:
            AssertionError: it never did, or the program ended before.
        """
        start, deadline = len(self.output), time.monotonic() + deadline_s
        while not happened(bytes(self.output[start:])):
            if not self.read() and self.process.poll() not in (None, -signal.SIGKILL):
                raise AssertionError(f"it ended: {bytes(self.output[-2000:])!r}")
            assert time.monotonic() < deadline, bytes(self.output[-2000:])
        return bytes(self.output[start:])

    def wait(self) -> int:
        """Reads until the program ends; returns its exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < deadline, "it does not end"
        while self.read(0.01):
            pass
        return self.process.returncode

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
