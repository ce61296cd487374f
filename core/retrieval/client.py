"""The app's and the commands' side of the retriever: starts it when it is first needed, and again after a crash."""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT
from bddseg_tui.core.retrieval.channel import OpenChannel
from bddseg_tui.core.retrieval.events import (
    CancelledEvent,
    End,
    Event,
    FailedEvent,
    LoadingEvent,
    ReadyEvent,
    RequestEvent,
    TokenEvent,
)
from bddseg_tui.core.retrieval.protocol import PROTOCOL, MessageError, read_event
from bddseg_tui.core.retrieval.requests import CancelRequest, Work
from bddseg_tui.core.retrieval.retriever_process import Limits, RetrieverProcess

E = TypeVar("E", bound=End)
_TOKENS_EVERY_S = 0.1
"""Answers are redrawn at most this often: over SSH each redraw costs bytes."""


class Answering(Generic[E]):
    """One request under way: iterate for its events, the last of which is an `E` where all goes well.

    `cancel` may be called from any thread.
    """

    def __init__(
        self, client: "RetrieverClient", number: int, events: "queue.SimpleQueue[RequestEvent]", end: type[E]
    ) -> None:
        self._client, self.number, self._events, self._end = client, number, events, end
        self._over = False

    def __iter__(self) -> Iterator[RequestEvent]:
        while not self._over:
            event = self._events.get()
            self._over = isinstance(event, End)
            yield event

    def cancel(self) -> None:
        """Gives the request up: its last event is `cancelled`, at once."""
        self._client.cancel(self.number)

    def result(self, loading: Callable[[str], object] = lambda what: None) -> E:
        """Waits for the last event.

        Args:
            loading: told what is being loaded.

        Raises:
            BddsegError: the request failed, or was given up.
        """
        for event in self:
            if isinstance(event, LoadingEvent):
                loading(event.what)
            elif isinstance(event, FailedEvent):
                raise BddsegError(event.message)
            elif isinstance(event, self._end):
                return event
        raise BddsegError("the request was given up")


@dataclass(frozen=True)
class _Open:
    """A request that is under way, and the process that works on it."""

    process: RetrieverProcess
    events: "queue.SimpleQueue[RequestEvent]"


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

    def request(self, request: Work, end: type[E]) -> Answering[E]:
        """Sends a request, which an `end` answers; starts the process if there is none.

        Raises:
            BddsegError: it cannot be started.
        """
        with self._lock:
            process = self._process
            if process is None or not process.open:
                process = RetrieverProcess(self._log, self._heard, self._ended, self._channel, self._limits)
                self._process = process
            number = next(self._numbers)
            events: queue.SimpleQueue[RequestEvent] = queue.SimpleQueue()
            self._open[number] = _Open(process, events)
            process.send(number, request)
        return Answering(self, number, events, end)

    def cancel(self, number: int) -> None:
        """Ends a request for whoever waits for it, and tells the process to stop working on it."""
        with self._lock:
            request = self._open.pop(number, None)
        if request is not None:
            request.events.put(CancelledEvent())
            request.process.send(number, CancelRequest())

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
        for request in waiting.values():
            request.events.put(FailedEvent(message=why))

    def _heard(self, process: RetrieverProcess, line: bytes) -> None:
        """Hands an event on; one that makes no sense ends its request, whose answer would be awaited for ever."""
        number: int | None
        event: Event
        try:
            number, event = read_event(line)
        except MessageError as error:
            number, event = error.number, FailedEvent(message=f"the retriever's answer makes no sense ({error})")
            process.send(number, CancelRequest())
        except RecordError as error:
            self.left_out = self.left_out.add(str(error))
            return
        if isinstance(event, ReadyEvent):
            process.is_process(event.pid)
            if event.protocol != PROTOCOL:
                process.refuse("it is of another version of bddseg-tui: leave the app, and start it again")
        elif number is not None:
            self._deliver(process, number, event)

    def _deliver(self, process: RetrieverProcess, number: int, event: RequestEvent) -> None:
        with self._lock:
            request = self._open.get(number)
            if request is None or request.process is not process:
                return
            if isinstance(event, End):
                del self._open[number]
        request.events.put(event)


def gathered(events: Iterable[RequestEvent]) -> Iterator[RequestEvent]:
    """The events, with the tokens that come within a tenth of a second as one."""
    text, since = "", 0.0
    for event in events:
        if isinstance(event, TokenEvent):
            text += event.text
            if time.monotonic() - since < _TOKENS_EVERY_S:
                continue
            yield TokenEvent(text=text)
            text, since = "", time.monotonic()
            continue
        if text:
            yield TokenEvent(text=text)
            text = ""
        yield event
