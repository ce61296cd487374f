"""One HTTP exchange with a server that is not trusted: capped in bytes and time, given up at any moment.

It runs in an event loop of its own in a thread, since a task can be cancelled in the middle of anything, slow headers
included; a blocked socket of a synchronous client cannot. Redirects are not followed, and nothing is decompressed.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

MOST_BYTES = 4_000_000
_POLL_S = 0.05


@dataclass(frozen=True)
class Patience:
    """Seconds: to `connect`, until the `first` word, of `silence` between words, for the `whole` reply, and until a
    server that is `busy` or loads its model takes a request."""

    connect: float = 10.0
    first: float = 600.0
    silence: float = 120.0
    whole: float = 1200.0
    busy: float = 45.0


@dataclass(frozen=True)
class Request:
    """What is asked; `body` is sent as JSON."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True)
class Head:
    """How the server begins its response."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Silence:
    """Nothing has come for so many whole seconds."""

    seconds: int


class TooSlowError(Exception):
    """The patience is over; it holds the seconds that were waited."""


class TooMuchError(Exception):
    """The response is longer than any reply."""


class CompressedError(Exception):
    """The response is compressed though the request forbade it: a few bytes may stand for gigabytes."""


@dataclass
class Exchange:
    """Iterate once for its `Head`, its bytes, and how long nothing came; set `words` once the reply has begun."""

    request: Request
    patience: Patience
    cancelled: Callable[[], bool]
    words: bool = False
    _got: "queue.SimpleQueue[Head | bytes | Exception | None]" = field(default_factory=queue.SimpleQueue)
    _loop: asyncio.AbstractEventLoop | None = None
    _task: "asyncio.Task[None] | None" = None
    _over: bool = False

    def __iter__(self) -> Iterator[Head | bytes | Silence]:
        """Ends early where it is cancelled.

        Raises:
            TooSlowError, TooMuchError, CompressedError: see there.
            httpx2.HTTPError: the connection failed, at the start or in the middle.
            Exception: whatever else the client makes of the address, a header or a proxy.
        """
        threading.Thread(target=self._run, daemon=True, name="exchange").start()
        try:
            yield from self._received()
        finally:
            self._give_up()

    def _received(self) -> Iterator[Head | bytes | Silence]:
        start = heard = time.monotonic()
        told = 0
        while not self.cancelled():
            try:
                item = self._got.get(timeout=_POLL_S)
            except queue.Empty:
                now = time.monotonic()
                waited = now - (heard if self.words else start)
                if waited > (self.patience.silence if self.words else self.patience.first):
                    raise TooSlowError(round(waited)) from None
                if int(waited) > told:
                    told = int(waited)
                    yield Silence(told)
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            heard, told = time.monotonic(), told if not self.words else 0
            yield item

    def _run(self) -> None:
        try:
            asyncio.run(self._whole())
        except TimeoutError:
            self._got.put(TooSlowError(round(self.patience.whole)))
        except Exception as error:
            self._got.put(error)
        except BaseException:  # cancelled: nobody listens any more
            return
        else:
            self._got.put(None)

    async def _whole(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._over:
            return
        limits = httpx2.Timeout(None, connect=self.patience.connect)
        async with (
            asyncio.timeout(self.patience.whole),
            httpx2.AsyncClient(timeout=limits, follow_redirects=False) as client,
        ):
            asked = self.request
            headers = {**asked.headers, "Accept-Encoding": "identity"}
            more: dict[str, Any] = {} if asked.body is None else {"json": asked.body}
            async with client.stream(asked.method, asked.url, headers=headers, **more) as response:
                await self._take(response)

    async def _take(self, response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            raise CompressedError
        self._got.put(Head(response.status_code, {k.lower(): v for k, v in response.headers.items()}))
        size = 0
        async for chunk in response.aiter_raw():
            size += len(chunk)
            if size > MOST_BYTES:
                raise TooMuchError
            self._got.put(chunk)

    def _give_up(self) -> None:
        self._over = True
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not task.done():
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:  # it has ended in between
                return
