"""Requests are worked on one after the other; a cancelled one is answered at once, whatever the models do."""

import queue
import threading
from collections.abc import Callable

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.retrieval.events import CancelledEvent, Event, FailedEvent
from bddseg_tui.core.retrieval.protocol import MessageError, read_request
from bddseg_tui.core.retrieval.requests import CancelRequest, EndRequest, Request, Work
from bddseg_tui.index.retriever import Retriever


class RequestWorker:
    """Works on requests one after the other, in a thread; they may come from any thread, and from many people.

    Args:
        send: told the number of a request and each of its events.
    """

    def __init__(self, send: Callable[[int, Event], None]) -> None:
        self._send = send
        self._retriever = Retriever(send)
        self._todo: queue.Queue[tuple[int, Work]] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def take(self, number: int, request: Request) -> None:
        """Takes a request: it waits for its turn, but one that is cancelled is answered at once."""
        if isinstance(request, CancelRequest):
            self.cancel(number)
        elif not isinstance(request, EndRequest):
            self._todo.put((number, request))

    def cancel(self, number: int) -> None:
        """Gives up a request."""
        if number not in self._retriever.cancelled:
            self._retriever.cancelled.add(number)
            self._send(number, CancelledEvent())

    def _work(self) -> None:
        while True:
            number, request = self._todo.get()
            if number not in self._retriever.cancelled:
                self._retriever.handle(number, request)


def request_of(line: bytes | str, refuse: Callable[[int, FailedEvent], None]) -> tuple[int | None, Request] | None:
    """The request of a line; None where it makes no sense, which `refuse` tells to whoever asks, if it can be told."""
    try:
        return read_request(line)
    except MessageError as error:
        refuse(error.number, FailedEvent(message=f"the request makes no sense ({error})"))
    except RecordError:
        pass
    return None
