"""LLaVA on an OpenAI-compatible server: vLLM, Ollama, llama.cpp, LM Studio, TGI, LiteLLM, OpenRouter, Azure and others.

A server is not trusted: its reply is capped in size and time, redirects are not followed, and what it says is text.
Pictures go as data URIs, never as paths or URLs that it would open by itself. It is spoken to with `httpx2` rather
than with the `openai` library, which takes a null for a failure and an event without data for broken JSON, and sends
along what `OPENAI_*` in the environment says of an account elsewhere.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.server_address import server_address, shown_address
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.anchor_reply import parse_yes_no
from bddseg_tui.index.llava import THINKING_TOKENS, Alternatives, OutOfServiceError, Piece, TakenBack, Waiting
from bddseg_tui.index.llava.chunks import error_words
from bddseg_tui.index.llava.decode import ReplyDecoder, TooLongError, WebPageError, loads
from bddseg_tui.index.llava.dialect import Dialect, other_addresses, pause_s, wrong_address, wrong_model
from bddseg_tui.index.llava.exchange import Exchange, Head, Patience, Request, Silence, TooMuchError
from bddseg_tui.index.llava.messages import data_uri, for_server
from bddseg_tui.index.llava.models import choose_model, model_names
from bddseg_tui.index.llava.server_errors import KEY, refusal, transport, web_page, where
from bddseg_tui.index.llava.verdict import ErrorReplyError, OnlyThoughtError, Verdict
from bddseg_tui.index.llava.yes_no import chance_by, yes_among
from bddseg_tui.index.prompts import Message

_YES_TOKENS = 8
_MOST_ATTEMPTS, _MOST_MODELS = 40, 3
_ERROR_BYTES, _ERROR_SILENCE_S = 64_000, 5
_POLL_S, _UNTOLD_S = 0.05, 6.0

Telling = Generator[Piece, None, None]
Cancelled = Callable[[], bool]


@dataclass
class _RefusedError(Exception):
    status: int
    words: str
    headers: Mapping[str, str]
    page: bool = False


class ServerLlava:
    """A server that answers. What it turned out to want is kept, so that it is refused once only."""

    vocabulary = None

    def __init__(
        self, url: str, model: str, patience: Patience | None = None, thinking_tokens: int = THINKING_TOKENS
    ) -> None:
        self._url = server_address(url)
        self.name = model or shown_address(self._url)
        self._wanted, self._model = model, model
        self._patience, self.thinking_tokens = patience or Patience(), thinking_tokens
        self._dialect, self._spare = Dialect(), 0
        self._tried = {self._dialect}
        self._unfit: frozenset[str] = frozenset()
        self._addresses = [self._url, *other_addresses(self._url)]

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Cancelled
    ) -> Iterator[Piece]:
        """See `index.llava`."""
        return self._stream(messages, picture, limit, cancelled)

    def chance_of_yes(self, messages: Sequence[Message], picture: Image.Image, cancelled: Cancelled) -> float:
        """See `index.llava`: by the alternatives of the word, where the server gives them, else by the word alone."""
        said, chances = "", list[float]()
        for piece in self._stream(messages, picture, _YES_TOKENS, cancelled, alternatives=True):
            if isinstance(piece, str):
                said += piece
            elif isinstance(piece, TakenBack):
                said = ""
            elif isinstance(piece, Alternatives) and (chance := yes_among(piece.chances)) is not None:
                chances.append(chance)
        return chance_by(parse_yes_no(said), chances)

    def _stream(
        self,
        messages: Sequence[Message],
        picture: Image.Image | None,
        limit: int,
        cancelled: Cancelled,
        alternatives: bool = False,
    ) -> Iterator[Piece]:
        image = None if picture is None else data_uri(picture)
        asked = [for_server(m, image) for m in messages]
        addresses, busy = self._addresses, 0.0
        for _ in range(_MOST_ATTEMPTS):
            if not self._model:
                self._model = yield from self._first_model(cancelled)
            try:
                yield from self._attempt(asked, limit, cancelled, alternatives)
                return
            except OnlyThoughtError:
                if self._spare >= self.thinking_tokens:
                    raise
                # It reasons before it speaks: what an answer may be long says nothing about that.
                self._spare = self.thinking_tokens
            except _RefusedError as refused:
                if refused.status in (429, 503, 529):
                    pause = pause_s(refused.headers)
                    told = refused.status == 503 or "retry-after" in refused.headers
                    if busy + pause > min(self._patience.busy, 1000 if told else _UNTOLD_S):
                        raise (yield from self._why(refused, cancelled)) from None
                    yield from _paused(pause, cancelled, int(busy))
                    busy += max(pause, _POLL_S)
                elif not self._learn(refused):
                    self._addresses = addresses
                    raise (yield from self._why(refused, cancelled)) from None
            if cancelled():
                return
        raise OutOfServiceError(f"{where(self._url)} refuses whatever it is asked: look at its log")

    # -- one request -----------------------------------------------------------------------------------------

    def _attempt(self, messages: list[Any], limit: int, cancelled: Cancelled, alternatives: bool) -> Telling:
        body = self._dialect.body(self._model, messages, limit + self._spare, alternatives)
        exchange = Exchange(self._request("POST", "chat/completions", body), self._patience, cancelled)
        decoder, verdict = ReplyDecoder(), Verdict(self._url, limit)
        broken: Exception | None = None
        try:
            for item in self._body(exchange):
                if isinstance(item, Silence):
                    if verdict.finished:
                        break  # it has said all, and leaves the connection open
                    telling = verdict.telling
                    yield from telling.thinking() if telling.thinking_now else [Waiting(item.seconds)]
                    continue
                for piece in verdict.take(decoder.feed(item)):
                    yield piece
                    if verdict.full or cancelled():
                        break
                exchange.words = verdict.begun
                if verdict.full or decoder.ended:
                    break
        except (_RefusedError, BddsegError):
            raise
        except WebPageError:
            raise web_page(self._url, 200) from None
        except TooLongError:
            broken = TooMuchError()
        except Exception as error:  # whatever the client library raises: it is told as what it is
            broken = error
        if cancelled():
            return
        yield from verdict.take([] if decoder.ended else decoder.end())
        try:
            yield from verdict.end(decoder.ended, broken)
        except ErrorReplyError as error:
            raise _RefusedError(200, str(error), {}) from None

    def _body(self, exchange: Exchange) -> Iterator[bytes | Silence]:
        """The bytes of a response that is one; raises `_RefusedError` for any other."""
        head: Head | None = None
        words = b""
        for item in exchange:
            if isinstance(item, Head):
                head = item
            elif head is None or 200 <= head.status < 300:
                yield item
            elif isinstance(item, bytes):
                words += item
            if head is not None and head.status >= 300:
                late = isinstance(item, Silence) and item.seconds > _ERROR_SILENCE_S
                if late or len(words) > _ERROR_BYTES or 300 <= head.status < 400:
                    break
        if head is not None and not 200 <= head.status < 300:
            raise _refused(head, words)

    def _request(self, method: str, endpoint: str, body: Any = None) -> Request:
        parts = urlsplit(self._addresses[0])
        url = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{endpoint}", parts.query, ""))
        headers = {"User-Agent": "bddseg-tui", "Accept": "text/event-stream, application/json"}
        if key := os.environ.get(KEY, "").strip():
            headers["Authorization"] = f"Bearer {key}"
            if (parts.hostname or "").endswith(".azure.com"):
                headers["api-key"] = key
        return Request(method, url, headers, body)

    # -- which model -----------------------------------------------------------------------------------------

    def _first_model(self, cancelled: Cancelled) -> Generator[Piece, None, str]:
        names = yield from self._models(cancelled)
        chosen = choose_model(names, self._unfit)
        if chosen is None and not cancelled():
            raise OutOfServiceError(f"{where(self._url)} names no model{_name_one(names)}")
        return chosen or ""

    def _models(self, cancelled: Cancelled) -> Generator[Piece, None, list[str]]:
        """The models of the server; at another address where this one knows no list."""
        refused: _RefusedError | None = None
        for address in self._addresses:
            self._addresses = [address, *(a for a in self._addresses if a != address)]
            try:
                names = model_names((yield from self._listing(cancelled)))
            except _RefusedError as error:
                refused = refused or error
                if not wrong_address(error.status, error.words):
                    break
                continue
            if names is not None:
                return names
            refused = refused or _RefusedError(200, "no list of models", {})
        self._addresses = [self._url, *other_addresses(self._url)]
        if refused is None or wrong_address(refused.status, refused.words) or refused.status in (200, 501):
            status = f"HTTP {refused.status}" if refused else "no reply"
            raise OutOfServiceError(f"{where(self._url)} lists no models ({status}){_name_one([])}")
        raise refusal(self._url, refused.status, refused.words, refused.headers, self._model)

    def _listing(self, cancelled: Cancelled) -> Generator[Piece, None, bytes]:
        data = b""
        try:
            for item in self._body(Exchange(self._request("GET", "models"), self._patience, cancelled)):
                if isinstance(item, Silence):
                    yield Waiting(item.seconds)
                else:
                    data += item
        except (_RefusedError, BddsegError):
            raise
        except Exception as error:
            raise transport(self._url, error) from error
        if data.lstrip()[:1] == b"<":
            raise web_page(self._url, 200)
        raw = loads(data.decode("utf-8", "replace"))
        if (words := error_words(raw)) is not None:
            raise _RefusedError(200, words, {})
        return data

    # -- after a refusal -------------------------------------------------------------------------------------

    def _learn(self, refused: _RefusedError) -> bool:
        """Changes how the server is asked; False where nothing is left to try."""
        dialect = self._dialect.after(refused.status, refused.words)
        if dialect is not None and dialect not in self._tried:
            self._dialect = dialect
            self._tried.add(dialect)
            return True
        if wrong_model(refused.status, refused.words):
            # The server chose badly for us, or has changed its models since.
            self._unfit |= {self._model}
            again = not self._wanted and len(self._unfit) <= _MOST_MODELS
            self._model = self._wanted
            return again
        if wrong_address(refused.status, refused.words) and len(self._addresses) > 1:
            self._addresses = self._addresses[1:]
            return True
        return False

    def _why(self, refused: _RefusedError, cancelled: Cancelled) -> Generator[Piece, None, BddsegError]:
        if refused.page:
            return web_page(self._url, refused.status)
        why = refusal(self._url, refused.status, refused.words, refused.headers, self._model or self._wanted)
        if not wrong_model(refused.status, refused.words):
            return why
        try:
            names = yield from self._models(cancelled)
        except BddsegError:
            names = []
        return OutOfServiceError(f"{why}{_name_one(names)}")


def _paused(seconds: float, cancelled: Cancelled, before: int) -> Telling:
    """Waits before a server that is busy is asked again."""
    start, told = time.monotonic(), 0
    while not cancelled() and (waited := time.monotonic() - start) < seconds:
        time.sleep(min(_POLL_S, seconds))
        if int(waited) > told:
            told = int(waited)
            yield Waiting(before + told)


def _refused(head: Head, body: bytes) -> _RefusedError:
    text = body[:_ERROR_BYTES].decode("utf-8", "replace").strip()
    words = error_words(loads(text))
    page = words is None and text[:1] == "<"
    return _RefusedError(head.status, "" if page else (text if words is None else words), head.headers, page)


def _name_one(names: Sequence[str]) -> str:
    known = ", ".join(sanitize(n)[:60] for n in names[:5])
    advice = "name one with `bddseg-tui settings server_model=NAME` (ask --server-model NAME)"
    return f": {advice}" + (f"; it has {known}" if known else "")
