"""Replies of servers in one dialect or another, and what becomes of them."""

from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

from bddseg_tui.index.llava import CutShort, Piece, TakenBack
from bddseg_tui.index.llava.exchange import Patience
from bddseg_tui.index.llava.server import ServerLlava
from bddseg_tui.index.prompts import Message
from tests.index.serving import chunk, send, start_stream

NOW = Patience(connect=2.0, first=5.0, silence=0.5, whole=5.0, busy=0.0)


def streaming(*events: object) -> Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        for event in events:
            send(handler, event)

    return handle


def told(pieces: Sequence[Piece]) -> tuple[str, str]:
    """The words that stay, and why they are not all."""
    said, cut = "", ""
    for piece in pieces:
        if isinstance(piece, TakenBack):
            said = ""
        elif isinstance(piece, CutShort):
            cut = f"{piece.why}: {piece.message}"
        elif isinstance(piece, str):
            said += piece
    return said.strip(), cut


def asked(url: str, model: str = "m", thinking: int = 0) -> tuple[str, str]:
    llava = ServerLlava(url, model, NOW, thinking_tokens=thinking)
    return told(list(llava.stream([Message("user", "hi")], None, 32, lambda: False)))


def message(content: object, finish: str | None = "stop", **more: object) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **more}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "choices": [choice]}


ROLE, STOP = chunk({"role": "assistant", "content": ""}), chunk({}, "stop")


YES = chunk({"content": "Two cars."})
