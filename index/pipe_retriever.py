"""A retriever of whoever started it: requests on standard input, events on standard output, as JSON lines.

    {"id": 3, "do": "search", "setup": {...}, "text": "heavy rain; -night", ...}
    {"id": 4, "do": "ask", "setup": {...}, "question": "...", ...}
    {"id": 4, "do": "cancel"}

They are those of `core.retrieval.protocol`. When standard input ends, so does the process.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from bddseg_tui.core.retrieval.events import Event, ReadyEvent
from bddseg_tui.core.retrieval.protocol import PROTOCOL, message_line
from bddseg_tui.index.request_worker import RequestWorker, request_of


def serve(lines: Iterable[str], send: Callable[[int | None, Event], None]) -> None:
    """Reads requests until they end."""
    worker = RequestWorker(send)
    for line in lines:
        number, request = request_of(line, send) or (None, None)
        if number is not None and request is not None:
            worker.take(number, request)


def main() -> int:
    """Serves standard input and output. What libraries print goes to standard error instead."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # A library that asks something on standard input must not have a request for an answer.
    lines = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8", errors="replace")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lock = threading.Lock()

    def send(number: int | None, event: Event) -> None:
        with lock:
            try:
                out.write(message_line(number, event))
                out.flush()
            except OSError:
                os._exit(0)

    send(None, ReadyEvent(pid=os.getpid(), protocol=PROTOCOL))
    serve(lines, send)
    # Models may still be busy in their thread; nobody is left to hear them.
    os._exit(0)
