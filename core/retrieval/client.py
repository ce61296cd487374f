"""The app's and the commands' side of the retriever: starts it when it is first needed, and again after a crash."""

import itertools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from core.disk_errors import disk_reason
from core.errors import BddsegError, RecordError
from core.json_text import decode
from core.retrieval.event_kinds import check_event
from core.sanitize import sanitize_path

Event = dict[str, Any]
LAST = ("done", "error", "cancelled")
"""Events after which a request is over."""
_LONGEST_LINE = 8_000_000
_TOKENS_EVERY_S = 0.1
"""Answers are redrawn at most this often: over SSH each redraw costs bytes."""


class Answering:
    """One request under way: iterate for its events; `cancel` may be called from any thread."""

    def __init__(self, client: "RetrieverClient", number: int, events: "queue.SimpleQueue[Event]") -> None:
        self._client, self.number, self._events = client, number, events
        self._over = False

    def __iter__(self) -> Iterator[Event]:
        while not self._over:
            event = self._events.get()
            self._over = event.get("event") in LAST
            yield event

    def cancel(self) -> None:
        """Gives the request up: its last event is `cancelled`, at once."""
        self._client.cancel(self.number)

    def result(self) -> Event:
        """Waits for the last event.

        Raises:
            BddsegError: the request failed.
        """
        for event in self:
            if event["event"] == "error":
                raise BddsegError(str(event["message"]))
            if event["event"] in LAST:
                return event
        raise BddsegError("the request was over before")


class RetrieverClient:
    """Speaks with one retriever process."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._open: dict[int, queue.SimpleQueue[Event]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def request(self, do: str, **values: Any) -> Answering:
        """Sends a request; starts the process if there is none.

        Raises:
            BddsegError: it cannot be started.
        """
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                process = self._start()
            number = next(self._numbers)
            events: queue.SimpleQueue[Event] = queue.SimpleQueue()
            self._open[number] = events
            self._send(process, {"id": number, "do": do, **values})
        return Answering(self, number, events)

    def cancel(self, number: int) -> None:
        """Ends a request for whoever waits for it, and tells the process to stop working on it."""
        with self._lock:
            events = self._open.pop(number, None)
            if events is None:
                return
            events.put({"id": number, "event": "cancelled"})
            if self._process is not None:
                self._send(self._process, {"id": number, "do": "cancel"})

    def close(self) -> None:
        """Lets the process end."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            try:
                process.stdin.close()
                process.wait(timeout=2)
            except (OSError, subprocess.TimeoutExpired):
                process.kill()

    def _start(self) -> "subprocess.Popen[bytes]":
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "index", "retriever"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    env={**os.environ, "PYTHONSAFEPATH": "1", "TOKENIZERS_PARALLELISM": "false"},
                )
        except OSError as error:
            raise BddsegError(f"the retriever cannot be started: {disk_reason(error)}") from error
        self._process = process
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        return process

    @staticmethod
    def _send(process: "subprocess.Popen[bytes]", message: dict[str, Any]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            # It is gone; the reading thread says so to everyone who waits.
            return

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        while line := process.stdout.readline(_LONGEST_LINE):
            if not line.endswith(b"\n"):
                process.kill()
                break
            self._heard(process, line)
        code = process.wait()
        with self._lock:
            if self._process is process:
                self._process = None
            waiting, self._open = self._open, {}
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        more = sanitize_path(self._log)
        message = f"the retriever ended unexpectedly ({how}); ask again to start it anew ({more} says more)"
        for number, events in waiting.items():
            events.put({"id": number, "event": "error", "message": message, "crashed": True})

    def _heard(self, process: "subprocess.Popen[bytes]", line: bytes) -> None:
        """Hands an event on; one that makes no sense ends its request, whose answer would be awaited for ever."""
        number: object = None
        try:
            raw = decode(line)
            number = raw.get("id") if isinstance(raw, dict) else None
            event = check_event(raw)
        except RecordError as error:
            if not isinstance(number, int):
                return
            event = {"id": number, "event": "error", "message": f"the retriever's answer makes no sense ({error})"}
            with self._lock:
                self._send(process, {"id": number, "do": "cancel"})
        self._deliver(event)

    def _deliver(self, event: Event) -> None:
        number = event.get("id")
        with self._lock:
            events = self._open.get(number) if isinstance(number, int) else None
            if events is not None and event.get("event") in LAST:
                del self._open[number]  # type: ignore[arg-type]
        if events is not None:
            events.put(event)


def gathered(events: Iterable[Event]) -> Iterator[Event]:
    """The events, with the tokens that come within a tenth of a second as one."""
    text, since = "", 0.0
    for event in events:
        if event["event"] == "token":
            text += event["text"]
            if time.monotonic() - since < _TOKENS_EVERY_S:
                continue
            yield {"event": "token", "text": text}
            text, since = "", time.monotonic()
            continue
        if text:
            yield {"event": "token", "text": text}
            text = ""
        yield event
