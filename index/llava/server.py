"""LLaVA on an OpenAI-compatible server (vLLM, Ollama, llama.cpp, `transformers serve`), through the `openai` client.

A server is not trusted: its reply is capped in size and time, redirects are not followed, and what it says is text.
Pictures go as data URIs, never as paths or URLs that it would open by itself.
"""

import base64
import os
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAI, OpenAIError
from PIL import Image

from core.errors import BddsegError
from core.sanitize import sanitize
from index.prompts import Message

_CONNECT_S, _SILENCE_S, _WHOLE_S = 5.0, 60.0, 600.0
_MOST_BYTES = 4_000_000
_MOST_CHARACTERS = 20_000
_SIDE = 1024
KEY = "BDDSEG_LLAVA_API_KEY"


class ServerLlava:
    """A server that answers."""

    def __init__(self, url: str, model: str, silence_s: float = _SILENCE_S) -> None:
        self.name, self._url = model or url, url
        transport = _Capped(httpx2.HTTPTransport(retries=0))
        timeout = httpx2.Timeout(silence_s, connect=_CONNECT_S)
        client = httpx2.Client(transport=transport, timeout=timeout, follow_redirects=False)
        self._client = OpenAI(
            base_url=url, api_key=os.environ.get(KEY) or "none", max_retries=0, http_client=client, timeout=timeout
        )
        self._model = model

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[str]:
        """See `index.llava`."""
        image = None if picture is None else data_uri(picture)
        said = 0
        try:
            replies = self._client.chat.completions.create(
                model=self._model or self._first_model(),
                messages=[_as_openai(m, image) for m in messages],
                max_tokens=limit,
                temperature=0.0,
                stream=True,
            )
            with replies:
                for chunk in replies:
                    if cancelled():
                        return
                    text = (chunk.choices[0].delta.content or "") if chunk.choices else ""
                    said += len(text)
                    if text:
                        yield text
                    if said > _MOST_CHARACTERS:
                        return
        except Exception as error:
            raise BddsegError(_why(self._url, error)) from error
        if not said:
            raise BddsegError(f"the server {sanitize(self._url)} gave an empty answer: is its model a LLaVA?")

    def _first_model(self) -> str:
        for model in self._client.models.list():
            return model.id
        raise BddsegError(f"the server {sanitize(self._url)} names no model: set server_model")


def data_uri(picture: Image.Image) -> str:
    """The picture as a JPEG data URI, at most 1024 pixels wide or high."""
    small = picture.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    sink = BytesIO()
    small.save(sink, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(sink.getvalue()).decode()


def _as_openai(message: Message, image: str | None) -> Any:
    if not (message.picture and image):
        return {"role": message.role, "content": message.text}
    return {
        "role": message.role,
        "content": [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": message.text}],
    }


class _Capped(httpx2.BaseTransport):
    """Ends a response that is too long or takes too long, whatever the server sends."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        response.stream = _CappedStream(response.stream)
        return response

    def close(self) -> None:
        self._inner.close()


class _CappedStream(httpx2.SyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner, self._end = inner, time.monotonic() + _WHOLE_S

    def __iter__(self) -> Iterator[bytes]:
        got = 0
        for chunk in self._inner:
            got += len(chunk)
            if got > _MOST_BYTES:
                raise httpx2.ReadError("its reply is too long")
            if time.monotonic() > self._end:
                raise httpx2.ReadTimeout("its reply takes too long")
            yield chunk

    def close(self) -> None:
        self._inner.close()


def _why(url: str, error: Exception) -> str:
    where = f"the server {sanitize(url)}"
    if isinstance(error, BddsegError):
        return str(error)
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return f"{where} does not answer in time: try again, or look whether it is overloaded"
    if isinstance(error, APIStatusError):
        detail = sanitize(str(error.message))[:200]
        return f"{where} refused (HTTP {error.status_code}): {detail}"
    if isinstance(error, APIConnectionError | httpx2.TransportError):
        reason = sanitize(str(error.__cause__ or error))[:120]
        return f"{where} cannot be reached ({reason}): start it, or change the server in the settings"
    if isinstance(error, OpenAIError):
        return f"{where} failed: {sanitize(str(error))[:200]}"
    return f"{where} gave an answer that makes no sense ({type(error).__name__})"
