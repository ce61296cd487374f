"""A real HTTP server on the loopback whose answers a test writes itself."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handle = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]
Get = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(
    handle: Handle, get: Get | None = None, path: str = "/v1", tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server whose POST requests `handle` answers, and `get` those for its models; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(BrokenPipeError, ConnectionResetError):
                handle(self, json.loads(body))

        def do_GET(self) -> None:
            (get or list_models)(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}{path}"
    finally:
        server.shutdown()
        server.server_close()


def list_models(handler: BaseHTTPRequestHandler) -> None:
    """One model, called `found`."""
    answer_json(handler, {"object": "list", "data": [{"id": "found", "object": "model"}]})


def answer_json(handler: BaseHTTPRequestHandler, value: object, code: int = 200, **headers: str) -> None:
    """Answers with one JSON value, or with text as it is."""
    data = (value if isinstance(value, str) else json.dumps(value)).encode()
    handler.send_response(code)
    handler.send_header("Content-Type", "text/html" if isinstance(value, str) else "application/json")
    for name, text in headers.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def start_stream(handler: BaseHTTPRequestHandler) -> None:
    """Begins a reply of server-sent events."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()


def send_token(handler: BaseHTTPRequestHandler, text: str) -> None:
    """Sends one token."""
    send(handler, chunk({"content": text}))


def send(handler: BaseHTTPRequestHandler, event: object) -> None:
    """Sends an event: bytes as they are, text as its data, anything else as JSON."""
    if not isinstance(event, bytes):
        event = f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode()
    handler.wfile.write(event)
    handler.wfile.flush()


def chunk(delta: object, finish: str | None = None, **more: object) -> dict[str, Any]:
    """A chunk as OpenAI sends them."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}
