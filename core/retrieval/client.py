"""The app's and the commands' side of the retriever: starts it when it is first needed, and again after a crash."""

import itertools
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT
from bddseg_tui.core.retrieval.channel import OpenChannel
from bddseg_tui.core.retrieval.protocol import LAST, PROTOCOL
from bddseg_tui.core.retrieval.retriever_process import Limits, RetrieverProcess

Event = dict[str, Any]
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


@dataclass(frozen=True)
class _Open:
    """A request that is under way, and the process that works on it."""

    process: RetrieverProcess
    events: "queue.SimpleQueue[Event]"


class RetrieverClient:
    """Speaks with one retriever at a time.

    Args:
        log: what the process writes its errors into.
        channel: opens a way to a retriever, when it is first needed and again after a crash.
        limits: how long it is waited for.
    """

    def __init__(self, log: Path, channel: OpenChannel, limits: Limits | None = None) -> None:
        self._log, self._channel, self._limits = log, channel, limits
        self._process: RetrieverProcess | None = None
        self._open: dict[int, _Open] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.left_out = NOTHING_LEFT_OUT
        """Lines that made no sense and belonged to no request."""

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        process = self._process
        return None if process is None else process.pid

    def request(self, do: str, **values: Any) -> Answering:
        """Sends a request; starts the process if there is none.

        Raises:
            BddsegError: it cannot be started.
        """
        with self._lock:
            process = self._process
            if process is None or not process.open:
                process = RetrieverProcess(self._log, self._heard, self._ended, self._channel, self._limits)
                self._process = process
            number = next(self._numbers)
            events: queue.SimpleQueue[Event] = queue.SimpleQueue()
            self._open[number] = _Open(process, events)
            process.send({"id": number, "do": do, **values})
        return Answering(self, number, events)

    def cancel(self, number: int) -> None:
        """Ends a request for whoever waits for it, and tells the process to stop working on it."""
        with self._lock:
            request = self._open.pop(number, None)
        if request is not None:
            request.events.put({"id": number, "event": "cancelled"})
            request.process.send({"id": number, "do": "cancel"})

    def close(self) -> None:
        """Lets the process end."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()

    def _ended(self, process: RetrieverProcess, why: str) -> None:
        """Tells everyone who waits for this very process; its successor may have requests of its own."""
        with self._lock:
            if self._process is process:
                self._process = None
            waiting = {n: r for n, r in self._open.items() if r.process is process}
            for number in waiting:
                del self._open[number]
        for number, request in waiting.items():
            request.events.put({"id": number, "event": "error", "message": why, "crashed": True})

    def _heard(self, process: RetrieverProcess, line: bytes) -> None:
        """Hands an event on; one that makes no sense ends its request, whose answer would be awaited for ever."""
        from bddseg_tui.core.retrieval.events import check_event  # pydantic: the app starts without it

        number: object = None
        try:
            raw = decode(line)
            number = raw.get("id") if isinstance(raw, dict) else None
            event = check_event(raw)
        except RecordError as error:
            if not isinstance(number, int):
                self.left_out = self.left_out.add(str(error))
                return
            event = {"id": number, "event": "error", "message": f"the retriever's answer makes no sense ({error})"}
            process.send({"id": number, "do": "cancel"})
        if event.get("event") == "ready":
            process.is_process(event["pid"])
        if event.get("event") == "ready" and event.get("protocol") != PROTOCOL:
            process.refuse("it is of another version of bddseg-tui: leave the app, and start it again")
        self._deliver(process, event)

    def _deliver(self, process: RetrieverProcess, event: Event) -> None:
        number = event.get("id")
        with self._lock:
            request = self._open.get(number) if isinstance(number, int) else None
            if request is None or request.process is not process:
                return
            if event.get("event") in LAST:
                del self._open[number]  # type: ignore[arg-type]
        request.events.put(event)


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
