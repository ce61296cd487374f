"""A server that answers, hangs, drops, lies, floods, or sends elsewhere: each is an answer or one line."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from core.errors import BddsegError
from index.llava.server import ServerLlava
from index.prompts import Message, answer_messages

QUESTION = answer_messages("is there a bus?")
PICTURE = Image.new("RGB", (3000, 1000), (10, 120, 40))
Handle = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


@contextmanager
def serving(handle: Handle) -> Iterator[str]:
    """A server on the loopback whose POST requests `handle` answers; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(BrokenPipeError, ConnectionResetError):
                handle(self, json.loads(body))

        def do_GET(self) -> None:
            answer_json(self, {"object": "list", "data": [{"id": "found", "object": "model"}]})

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def answer_json(handler: BaseHTTPRequestHandler, value: object, code: int = 200) -> None:
    data = json.dumps(value).encode()
    handler.send_response(code)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def start_stream(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def send_token(handler: BaseHTTPRequestHandler, text: str) -> None:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    handler.wfile.write(f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode())
    handler.wfile.flush()


def ask(url: str, silence_s: float = 20.0, cancelled: Callable[[], bool] = lambda: False) -> str:
    return "".join(ServerLlava(url, "m", silence_s).stream(QUESTION, PICTURE, 32, cancelled))


def test_an_answer_is_streamed_and_the_picture_goes_as_a_small_data_uri() -> None:
    seen: list[dict[str, Any]] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body)
        start_stream(handler)
        for word in ("Yes", ", a", " bus"):
            send_token(handler, word)
        handler.wfile.write(b"data: [DONE]\n\n")

    with serving(handle) as url:
        assert ask(url) == "Yes, a bus"
    url_sent = seen[0]["messages"][0]["content"][0]["image_url"]["url"]
    assert url_sent.startswith("data:image/jpeg;base64,") and len(url_sent) < 200_000
    assert seen[0]["stream"] is True and seen[0]["temperature"] == 0.0


def test_without_a_name_the_first_model_of_the_server_answers() -> None:
    seen: list[str] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body["model"])
        start_stream(handler)
        send_token(handler, "ok")

    with serving(handle) as url:
        list(ServerLlava(url, "").stream([Message("user", "hi")], None, 4, lambda: False))
    assert seen == ["found"]


def refuses(handle: Handle, message: str, silence_s: float = 20.0) -> None:
    with serving(handle) as url, pytest.raises(BddsegError, match=message) as caught:
        ask(url, silence_s)
    text = str(caught.value)
    assert "\n" not in text and "\x1b" not in text and len(text) < 500


def test_a_server_that_hangs_is_given_up() -> None:
    start = time.monotonic()
    refuses(lambda handler, body: time.sleep(3), "does not answer in time", silence_s=0.3)
    assert time.monotonic() - start < 2.5


def test_a_server_that_hangs_in_the_middle_is_given_up() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        send_token(handler, "Yes")
        time.sleep(3)

    refuses(handle, "does not answer in time", silence_s=0.3)


def test_a_server_that_drops_the_connection_is_one_line() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    refuses(handle, "cannot be reached")


@pytest.mark.parametrize("garbage", [b"data: {not json\n\n", b"data: [1, 2]\n\n", b"\x00\xff\xfe" * 50, b""])
def test_a_server_that_talks_garbage_is_one_line(garbage: bytes) -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        handler.wfile.write(garbage)

    refuses(handle, "makes no sense|empty answer|failed")


def test_a_line_of_ten_megabytes_is_cut_off() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        handler.wfile.write(b"data: ")
        for _ in range(160):
            handler.wfile.write(b"x" * 65536)

    refuses(handle, "too long")


def test_an_error_with_escape_sequences_is_sanitized() -> None:
    refuses(
        lambda handler, body: answer_json(handler, {"error": {"message": "no \x1b]0;x\x07 model"}}, 404), "HTTP 404"
    )


def test_a_redirect_is_not_followed() -> None:
    visited: list[str] = []
    with serving(lambda handler, body: visited.append("elsewhere")) as elsewhere:

        def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
            handler.send_response(307)
            handler.send_header("Location", f"{elsewhere}/chat/completions")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        refuses(handle, "HTTP 307")
    assert visited == []


def test_a_server_that_is_not_there_is_one_line_with_what_to_do() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(BddsegError, match=r"cannot be reached.*start it"):
        ask(f"http://127.0.0.1:{port}/v1")


def test_an_endless_answer_ends() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        while True:
            send_token(handler, "word " * 100)

    with serving(handle) as url:
        assert 20_000 <= len(ask(url)) < 22_000


def test_cancelling_ends_the_stream() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        for number in range(1000):
            send_token(handler, f"{number} ")

    said: list[str] = []
    with serving(handle) as url:
        for piece in ServerLlava(url, "m").stream(QUESTION, PICTURE, 32, lambda: len(said) >= 3):
            said.append(piece)
    assert len(said) == 3
