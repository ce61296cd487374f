"""A retriever that many may speak with: it listens on a socket, and ends when nobody has asked for a while."""

import contextlib
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from bddseg_tui.core.retrieval.events import End, Event, ReadyEvent
from bddseg_tui.core.retrieval.protocol import PROTOCOL, message_line
from bddseg_tui.core.retrieval.requests import CancelRequest, EndRequest, Request
from bddseg_tui.index.request_worker import RequestWorker, request_of

_BITS = 32
"""A request's number here is its connection's, then so many bits of its own."""
_LONGEST_LINE = 8_000_000
_LOOK_EVERY_S = 5.0


@dataclass
class Connection:
    """One who asks. What it is sent goes out whole, from whichever thread; `patience_s` is how long it may not read."""

    number: int
    socket: socket.socket
    open_requests: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    patience_s: int = 5

    def __post_init__(self) -> None:
        # Of sending alone: reading waits for the next request for as long as it takes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", self.patience_s, 0))

    def send(self, number: int | None, event: Event) -> None:
        """Sends an event. One who has gone, or reads nothing for seconds, is hung up on: others wait for the worker."""
        with self.lock:
            try:
                self.socket.sendall(message_line(number, event))
            except OSError:
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_RDWR)


class SharedRetriever:
    """Connections, and one worker for all of them."""

    def __init__(self) -> None:
        self._connections: dict[int, Connection] = {}
        self._lock = threading.Lock()
        self._worker = RequestWorker(self._deliver)
        self._count = 0
        self.last_used = time.monotonic()
        self.ending = os.eventfd(0)
        """Readable once somebody has asked it to end."""

    @property
    def busy(self) -> bool:
        """Whether anybody is connected."""
        return bool(self._connections)

    def admit(self, connection: socket.socket) -> None:
        """Serves a new connection, in a thread of its own."""
        with self._lock:
            self._count += 1
            one = self._connections[self._count] = Connection(self._count, connection)
        one.send(None, ReadyEvent(pid=os.getpid(), protocol=PROTOCOL))
        threading.Thread(target=self._read, args=(one,), daemon=True).start()

    def _read(self, one: Connection) -> None:
        with one.socket, one.socket.makefile("rb") as lines, contextlib.suppress(OSError):
            while (line := lines.readline(_LONGEST_LINE)).endswith(b"\n"):
                if (read := request_of(line, one.send)) is not None:
                    self._take(one, *read)
        with self._lock:
            del self._connections[one.number]
            left = list(one.open_requests)
        for number in left:
            self._worker.cancel(number)
        self.last_used = time.monotonic()

    def _take(self, one: Connection, own_number: int | None, request: Request) -> None:
        if isinstance(request, EndRequest):
            os.eventfd_write(self.ending, 1)
        elif own_number is not None and own_number < 1 << _BITS:
            number = (one.number << _BITS) + own_number
            if not isinstance(request, CancelRequest):
                with self._lock:
                    one.open_requests.add(number)
            self._worker.take(number, request)

    def _deliver(self, number: int, event: Event) -> None:
        """Hands an event to whoever asked, under the number that they gave the request."""
        with self._lock:
            one = self._connections.get(number >> _BITS)
            if one is not None and isinstance(event, End):
                one.open_requests.discard(number)
        if one is not None:
            one.send(number & ((1 << _BITS) - 1), event)


def serve_socket(handle: int, path: Path, idle_s: float) -> int:
    """Serves a socket until nobody has been connected for `idle_s` seconds, it was asked to end, or `path` is gone."""
    listener = socket.socket(fileno=handle)
    # From now on this process is the one that is spoken with, not the one that made the socket.
    listener.listen(64)
    mine = path.stat().st_ino
    retriever = SharedRetriever()
    handles = [listener.fileno(), retriever.ending]
    while True:
        ready = select.select(handles, [], [], min(_LOOK_EVERY_S, max(0.05, idle_s)))[0]
        if retriever.ending in ready:
            break
        if handles[0] in ready:
            retriever.admit(listener.accept()[0])
        idle = not retriever.busy and time.monotonic() - retriever.last_used > idle_s
        if idle or not _is_there(path, mine):
            break
    if _is_there(path, mine):
        path.unlink(missing_ok=True)
    # Models may still be busy in their thread; nobody is left to hear them.
    os._exit(0)


def _is_there(path: Path, inode: int) -> bool:
    try:
        return path.stat().st_ino == inode
    except OSError:
        return False
