"""A server that answers, hangs, drops, lies, floods, or sends elsewhere: each is an answer or one line."""

import math
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.llava import CutShort, Piece, Waiting
from bddseg_tui.index.llava.exchange import Patience
from bddseg_tui.index.llava.server import ServerLlava
from bddseg_tui.index.prompts import Message, look_messages
from tests.index.server_answers import PICTURE, QUESTION, ask, pieces, refuses
from tests.index.serving import answer_json, chunk, send, send_token, serving, start_stream

SHORT = Patience(connect=2.0, first=0.3, silence=0.3, whole=5.0, busy=0.0)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_an_answer_is_streamed_and_the_picture_goes_as_a_small_data_uri() -> None:
    seen: list[dict[str, Any]] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body)
        start_stream(handler)
        for word in ("Yes", ", a", " bus"):
            send_token(handler, word)
        send(handler, "[DONE]")

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
        send(handler, chunk({"content": "ok"}, "stop"))

    with serving(handle) as url:
        list(ServerLlava(url, "").stream([Message("user", "hi")], None, 4, lambda: False))
    assert seen == ["found"]


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set when the test is over: a server that hangs need not hang any longer."""
    event = threading.Event()
    yield event
    event.set()


def test_a_server_that_hangs_is_given_up(over: threading.Event) -> None:
    refuses(lambda handler, body: void(over.wait(20)), "does not answer in time", SHORT)


def test_headers_that_come_a_byte_at_a_time_are_not_awaited_for_ever(over: threading.Event) -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(0.02):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    refuses(handle, "does not answer in time", SHORT)


def test_a_trickle_of_words_ends_with_the_patience_for_the_whole_reply(over: threading.Event) -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        while not over.wait(0.02):
            send_token(handler, "a ")

    with serving(handle) as url:
        last = pieces(url, Patience(whole=0.5))[-1]
    assert isinstance(last, CutShort) and last.why == "broken" and "in time" in last.message


def test_a_server_that_hangs_in_the_middle_is_given_up_and_what_it_said_is_kept(over: threading.Event) -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        send_token(handler, "Yes")
        over.wait(20)

    with serving(handle) as url:
        said = pieces(url, SHORT)
    assert said[0] == "Yes" and isinstance(said[-1], CutShort) and "does not answer in time" in said[-1].message


def test_the_first_word_may_take_longer_than_the_silence_between_words_and_the_seconds_are_told(
    over: threading.Event,
) -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        over.wait(1.2)
        start_stream(handler)
        send_token(handler, "Yes")
        send(handler, "[DONE]")

    with serving(handle) as url:
        assert pieces(url, Patience(silence=0.2)) == [Waiting(1), "Yes"]


def test_while_nothing_comes_it_can_be_cancelled(over: threading.Event) -> None:
    asked = threading.Event()

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked.set()
        over.wait(20)

    with serving(handle) as url:
        assert pieces(url, cancelled=asked.is_set) == []


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
        said = pieces(url)
    assert 20_000 <= sum(len(p) for p in said if isinstance(p, str)) < 22_000
    assert isinstance(said[-1], CutShort) and "20,000 characters" in said[-1].message


def test_cancelling_ends_the_stream() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        for number in range(1000):
            send_token(handler, f"{number} ")

    said: list[Piece] = []
    with serving(handle) as url:
        for piece in ServerLlava(url, "m").stream(QUESTION, PICTURE, 32, lambda: len(said) >= 3):
            said.append(piece)
    assert len(said) == 3


def test_a_server_that_is_busy_is_asked_again_when_it_says() -> None:
    asked: list[float] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked.append(0)
        if len(asked) < 3:
            answer_json(handler, {"error": {"message": "Loading model"}}, 503, Retry_After="0.01")
            return
        start_stream(handler)
        send(handler, chunk({"content": "ok"}, "stop"))

    with serving(handle) as url:
        assert ask(url) == "ok"
    assert len(asked) == 3


def test_what_a_server_wants_is_learned_once() -> None:
    seen: list[dict[str, Any]] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body)
        if "max_tokens" in body:
            words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            answer_json(handler, {"error": {"message": words}}, 400)
        elif "temperature" in body:
            answer_json(handler, {"error": {"message": "'temperature' does not support 0.0"}}, 400)
        else:
            start_stream(handler)
            send(handler, chunk({"content": "ok"}, "stop"))

    with serving(handle) as url:
        llava = ServerLlava(url, "m")
        for _ in range(2):
            assert list(llava.stream([Message("user", "hi")], None, 32, lambda: False)) == ["ok"]
    assert len(seen) == 4 and seen[3]["max_completion_tokens"] == 32


def yes_with(**likely: float) -> dict[str, Any]:
    tops = [{"token": f" {word}", "logprob": math.log(chance)} for word, chance in likely.items()]
    content = [{"token": " Yes", "logprob": 0.0, "top_logprobs": tops}]
    return {"choices": [{"delta": {"content": " Yes"}, "logprobs": {"content": content}, "finish_reason": "stop"}]}


def test_a_yes_is_as_sure_as_the_servers_alternatives_or_as_a_word_where_it_gives_none() -> None:
    seen: list[dict[str, Any]] = []
    replies: list[Any] = [
        yes_with(Yes=0.6, no=0.2),
        yes_with(The=0.7, Yes=0.3),
        chunk({"content": "No, none."}, "stop"),
    ]

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body)
        start_stream(handler)
        send(handler, replies[len(seen) - 1])

    with serving(handle) as url:
        llava = ServerLlava(url, "m")
        found = [llava.chance_of_yes(look_messages("bus"), Image.new("RGB", (9, 9)), lambda: False) for _ in replies]
    assert found == pytest.approx([0.75, 0.9, 0.1])
    assert seen[0]["logprobs"] is True and seen[0]["top_logprobs"] and "bus" in str(seen[0]["messages"])


def test_a_server_that_knows_no_logprobs_is_asked_without_them_from_then_on() -> None:
    seen: list[dict[str, Any]] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body)
        if "logprobs" in body:
            answer_json(handler, {"error": {"message": "logprobs is not supported by this model"}}, 400)
            return
        start_stream(handler)
        send(handler, chunk({"content": "Yes."}, "stop"))

    with serving(handle) as url:
        llava = ServerLlava(url, "m")
        for _ in range(2):
            assert llava.chance_of_yes(look_messages("bus"), Image.new("RGB", (9, 9)), lambda: False) == 0.9
    assert len(seen) == 3


def test_a_model_that_thinks_first_is_allowed_more_tokens_and_its_thoughts_are_not_the_answer() -> None:
    limits: list[int] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        limits.append(body["max_tokens"])
        start_stream(handler)
        send(handler, chunk({"reasoning_content": "a bus, perhaps"}))
        if body["max_tokens"] <= 32:
            send(handler, chunk({}, "length"))
        else:
            send(handler, chunk({"content": "Yes."}, "stop"))

    with serving(handle) as url:
        assert ask(url) == "Yes."
    assert limits == [32, 32 + 2048]


def void(_: object) -> None:
    """Nothing."""
