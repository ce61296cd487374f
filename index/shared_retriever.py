"""A retriever that many may speak with: it listens on a socket, and ends when nobody has asked for a while."""

import contextlib
import json
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.retrieval.protocol import LAST, PROTOCOL
from bddseg_tui.index.retriever import RequestWorker

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

    def send(self, event: dict[str, Any]) -> None:
        """Sends an event. One who has gone, or reads nothing for seconds, is hung up on: others wait for the worker."""
        with self.lock:
            try:
                self.socket.sendall(json.dumps(event).encode() + b"\n")
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
        one.send({"event": "ready", "pid": os.getpid(), "protocol": PROTOCOL})
        threading.Thread(target=self._read, args=(one,), daemon=True).start()

    def _read(self, one: Connection) -> None:
        with one.socket, one.socket.makefile("rb") as lines, contextlib.suppress(OSError):
            while (line := lines.readline(_LONGEST_LINE)).endswith(b"\n"):
                with contextlib.suppress(RecordError):
                    self._take(one, decode(line))
        with self._lock:
            del self._connections[one.number]
            left = list(one.open_requests)
        for number in left:
            self._worker.cancel(number)
        self.last_used = time.monotonic()

    def _take(self, one: Connection, raw: Any) -> None:
        if isinstance(raw, dict) and raw.get("do") == "end":
            os.eventfd_write(self.ending, 1)
            return
        if isinstance(raw, dict) and isinstance(raw.get("id"), int) and 0 <= raw["id"] < 1 << _BITS:
            number = (one.number << _BITS) + raw["id"]
            with self._lock:
                if raw.get("do") != "cancel":
                    one.open_requests.add(number)
            self._worker.take({**raw, "id": number})

    def _deliver(self, event: dict[str, Any]) -> None:
        """Hands an event to whoever asked, under the number that they gave it."""
        number = int(event["id"])
        with self._lock:
            one = self._connections.get(number >> _BITS)
            if one is not None and event["event"] in LAST:
                one.open_requests.discard(number)
        if one is not None:
            one.send({**event, "id": number & ((1 << _BITS) - 1)})


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
