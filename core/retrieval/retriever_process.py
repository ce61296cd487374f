"""A retriever process and the two threads that speak with it: nobody waits on its pipes, and it comes to an end."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.sanitize import sanitize_path

COMMAND = (sys.executable, "-P", "-m", "bddseg_tui.index", "retriever")
_LONGEST_LINE = 8_000_000


@dataclass(frozen=True)
class Limits:
    """Seconds until a process has to say that it is ready, and to be gone once it has closed its output."""

    ready_s: float = 300.0
    leave_s: float = 2.0


class RetrieverProcess:
    """A process that has been started.

    `heard` is called with each line and `ended` once with the reason, both in a thread of this class.
    """

    def __init__(
        self,
        log: Path,
        heard: Callable[["RetrieverProcess", bytes], None],
        ended: Callable[["RetrieverProcess", str], None],
        command: Sequence[str] = COMMAND,
        limits: Limits | None = None,
    ) -> None:
        """Starts it.

        Raises:
            BddsegError: it cannot be started.
        """
        self._heard, self._ended, self._log = heard, ended, log
        self._limits = limits or Limits()
        self._why = ""
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._process = _start(log, command)
        self._watch = threading.Timer(self._limits.ready_s, self._too_late)
        self._watch.daemon = True
        for work in (self._write, self._read):
            threading.Thread(target=work, daemon=True).start()
        self._watch.start()

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process.poll() is None else None

    def send(self, message: dict[str, Any]) -> None:
        """Hands it a message; returns at once, also where it does not read."""
        self._outbox.put(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        """Lets it end, and ends it where it does not."""
        self._outbox.put(None)
        try:
            self._process.wait(self._limits.leave_s)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def refuse(self, why: str) -> None:
        """Ends it at once; whoever waits for it hears why."""
        self._why = why
        self._process.kill()

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            with pipe:
                while (data := self._outbox.get()) is not None:
                    pipe.write(data)
                    pipe.flush()
        except OSError:
            # It is gone; the reading thread says so to everyone who waits.
            return

    def _read(self) -> None:
        pipe, process = self._process.stdout, self._process
        assert pipe is not None
        with pipe:
            while line := pipe.readline(_LONGEST_LINE):
                self._watch.cancel()
                if not line.endswith(b"\n"):
                    self._why = self._why or "a line without end"
                    break
                self._heard(self, line)
        self._watch.cancel()
        try:
            code = process.wait(self._limits.leave_s)
        except subprocess.TimeoutExpired:
            # It lives, but nobody will ever hear of it again.
            self._why = self._why or "it closed its output"
            process.kill()
            code = process.wait()
        self._outbox.put(None)
        how = self._why or (f"signal {-code}" if code < 0 else f"exit code {code}")
        more = sanitize_path(self._log)
        self._ended(self, f"the retriever ended unexpectedly ({how}); ask again to start it anew ({more} says more)")

    def _too_late(self) -> None:
        self.refuse(f"it was not ready after {self._limits.ready_s:g} s")


def _start(log: Path, command: Sequence[str]) -> "subprocess.Popen[bytes]":
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        # It may hold questions: it is one's own alone.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(log, flags, 0o600), "wb") as sink:
            os.fchmod(sink.fileno(), 0o600)
            return subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                start_new_session=True,
                env={**os.environ, "PYTHONSAFEPATH": "1", "TOKENIZERS_PARALLELISM": "false"},
            )
    except OSError as error:
        raise BddsegError(f"the retriever cannot be started: {disk_reason(error)}") from error
