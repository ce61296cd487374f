"""A retriever and the two threads that speak with it: nobody waits on its channel, and it comes to an end."""

import queue
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.retrieval.channel import OpenChannel
from bddseg_tui.core.retrieval.protocol import message_line
from bddseg_tui.core.retrieval.requests import Request
from bddseg_tui.core.sanitize import sanitize_path

_LONGEST_LINE = 8_000_000


@dataclass(frozen=True)
class Limits:
    """Seconds until a process has to say that it is ready, and to be gone once it has closed its output."""

    ready_s: float = 300.0
    leave_s: float = 2.0


class RetrieverProcess:
    """A retriever that is spoken with, one's own or a shared one.

    `heard` is called with each line and `ended` once with the reason, both in a thread of this class.
    """

    def __init__(
        self,
        log: Path,
        heard: Callable[["RetrieverProcess", bytes], None],
        ended: Callable[["RetrieverProcess", str], None],
        channel: OpenChannel,
        limits: Limits | None = None,
    ) -> None:
        """Opens the channel.

        Raises:
            BddsegError: it cannot be started.
        """
        self._heard, self._ended, self._log = heard, ended, log
        self._limits = limits or Limits()
        self._why = ""
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._channel = channel()
        self._watch = threading.Timer(self._limits.ready_s, self._too_late)
        self._watch.daemon = True
        for work in (self._write, self._read):
            threading.Thread(target=work, daemon=True).start()
        self._watch.start()

    @property
    def pid(self) -> int | None:
        """Its process, while there is one and it is known which."""
        return self._channel.pid if self._channel.open else None

    @property
    def open(self) -> bool:
        """Whether it listens, as far as is known."""
        return self._channel.open

    def is_process(self, pid: int) -> None:
        """It has told which process it is."""
        self._channel.is_process(pid)

    def send(self, number: int, request: Request) -> None:
        """Hands it a request; returns at once, also where it does not read."""
        self._outbox.put(message_line(number, request))

    def close(self) -> None:
        """Lets it end, and ends it where it does not."""
        self._outbox.put(None)
        try:
            self._channel.wait(self._limits.leave_s)
        except subprocess.TimeoutExpired:
            self._channel.kill()

    def refuse(self, why: str) -> None:
        """Ends it at once; whoever waits for it hears why."""
        self._why = why
        self._channel.kill()

    def _write(self) -> None:
        pipe = self._channel.writer
        try:
            with pipe:
                while (data := self._outbox.get()) is not None:
                    pipe.write(data)
                    pipe.flush()
                self._channel.hang_up()
        except OSError:
            # It is gone; the reading thread says so to everyone who waits.
            return

    def _read(self) -> None:
        pipe, channel = self._channel.reader, self._channel
        with pipe:
            while line := pipe.readline(_LONGEST_LINE):
                self._watch.cancel()
                if not line.endswith(b"\n"):
                    self._why = self._why or "a line without end"
                    break
                self._heard(self, line)
        self._watch.cancel()
        try:
            code = channel.wait(self._limits.leave_s)
        except subprocess.TimeoutExpired:
            # It lives, but nobody will ever hear of it again.
            self._why = self._why or "it closed its output"
            channel.kill()
            code = channel.wait(self._limits.leave_s)
        self._outbox.put(None)
        how = self._why or (f"signal {-code}" if code < 0 else f"exit code {code}")
        more = sanitize_path(self._log)
        self._ended(self, f"the retriever ended unexpectedly ({how}); ask again to start it anew ({more} says more)")

    def _too_late(self) -> None:
        self.refuse(f"it was not ready after {self._limits.ready_s:g} s")
