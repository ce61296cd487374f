"""What the servers that people run really send, as data: each an answer, or one line that says what to do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.llava import OutOfServiceError
from tests.index.server_dialects import ROLE, STOP, YES, asked, message, streaming
from tests.index.serving import answer_json, chunk, serving

DONE = "[DONE]"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def base(**more: object) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", **more}


ANSWERS: dict[str, Sequence[object]] = {
    "OpenAI: role, words, stop, usage, done": [ROLE, YES, STOP, base(choices=[], usage={"total_tokens": 3}), DONE],
    "Azure: a first chunk of nothing but filter results": [base(choices=[], prompt_filter_results=[]), YES, STOP, DONE],
    "Azure: a last chunk with choices but no delta": [YES, base(choices=[{"index": 0, "finish_reason": "stop"}]), DONE],
    "Mistral: content as a list of blocks": [chunk({"content": [{"type": "text", "text": "Two cars."}]}), STOP, DONE],
    "Magistral: a block that thinks": [
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
        chunk({"content": [{"type": "text", "text": "Two cars."}]}),
        STOP,
        DONE,
    ],
    "a list with nulls and numbers in it": [chunk({"content": [None, 3, "Two ", {"text": "cars."}]}), STOP, DONE],
    "content null, then words": [chunk({"role": "assistant", "content": None}), YES, STOP, DONE],
    "delta null": [base(choices=[{"index": 0, "delta": None}]), YES, STOP, DONE],
    "choices null": [base(choices=None), YES, STOP, DONE],
    "choices missing": [base(), YES, STOP, DONE],
    "a choice that is null": [base(choices=[None]), YES, STOP, DONE],
    "OpenRouter: comments that keep the connection": [b": OPENROUTER PROCESSING\n\n", YES, STOP, DONE],
    "an event called ping": [b"event: ping\n\n", YES, STOP, DONE],
    "a ping with data": [b'event: ping\ndata: {"type": "ping"}\n\n', YES, STOP, DONE],
    "data without anything": [b"data: \n\n", b"data:\n\n", YES, STOP, DONE],
    "empty lines in between": [b"\n\n\r\n", YES, b"\n", STOP, DONE],
    "a byte order mark before it": [b"\xef\xbb\xbf", YES, STOP, DONE],
    "one newline between events": [
        f"data: {json.dumps(YES)}\ndata: {json.dumps(STOP)}\ndata: [DONE]\n".encode(),
    ],
    "no space, and CRLF": [f"data:{json.dumps(YES)}\r\n\r\ndata:{json.dumps(STOP)}\r\n\r\n".encode()],
    "an object over two data lines": [
        b'data: {"choices": [{"delta":\ndata: {"content": "Two cars."}, "finish_reason": "stop"}]}\n\n',
    ],
    "no DONE after the stop": [YES, STOP],
    "no stop before the DONE": [YES, DONE],
    "TGI: end_of_sequence as a reason": [YES, chunk({}, "eos_token")],
    "an event that is no JSON": ["{not json", YES, STOP, DONE],
    "an event that is a list": ["[1, 2]", "3", "null", YES, STOP, DONE],
    "error null beside the words": [{**YES, "error": None}, STOP, DONE],
    "an object nested without end": ["[" * 100_000, YES, STOP, DONE],
    "text in the place of delta": [base(choices=[{"index": 0, "text": "Two cars."}]), DONE],
    "vLLM, DeepSeek: reasoning_content beside the words": [chunk({"reasoning_content": "hm"}), YES, STOP, DONE],
    "OpenRouter, Ollama: reasoning": [chunk({"reasoning": "hm", "content": ""}), YES, STOP, DONE],
    "reasoning in the text": [chunk({"content": "<think>1. bus</think>\n\nTwo cars."}), STOP, DONE],
    "reasoning in the text, split anywhere": [
        *(chunk({"content": c}) for c in ("<th", "ink>a < b", " </", "thi", "nk", ">\n", "Two", " cars.")),
        STOP,
        DONE,
    ],
    "reasoning whose opening mark is in the prompt": [chunk({"content": "hm, hm</think>Two cars."}), STOP, DONE],
    "Magistral's marks": [chunk({"content": "[THINK]hm[/THINK]Two cars."}), STOP, DONE],
    "gpt-oss: channels in the text": [
        chunk({"content": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>fin"}),
        chunk({"content": "al<|message|>Two cars."}),
        STOP,
        DONE,
    ],
}


@pytest.mark.parametrize("events", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read_whatever_comes_around_it(events: Sequence[object]) -> None:
    with serving(streaming(*events)) as url:
        assert asked(url) == ("Two cars.", "")


def test_a_sign_that_only_looks_like_a_mark_is_part_of_the_answer() -> None:
    events = [chunk({"content": c}) for c in ("a <", "b> [", "x] <think", "ing about> it <thi")]
    with serving(streaming(*events, STOP)) as url:
        assert asked(url) == ("a <b> [x] <thinking about> it <thi", "")


@pytest.mark.parametrize(
    "content", ["Two cars.", [{"type": "text", "text": "Two cars."}], "<think>hm</think>Two cars."]
)
def test_a_reply_that_is_not_streamed_is_read_too(content: object) -> None:
    with serving(lambda handler, body: answer_json(handler, message(content))) as url:
        assert asked(url) == ("Two cars.", "")


def test_ollamas_own_protocol_a_line_each_is_read() -> None:
    lines: list[dict[str, object]] = [{"message": {"content": w}, "done": False} for w in ("Two ", "cars.")]
    lines.append({"message": {"content": ""}, "done": True, "done_reason": "stop"})
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    with serving(streaming(text)) as url:
        assert asked(url) == ("Two cars.", "")


CUT: dict[str, tuple[Sequence[object], str]] = {
    "the connection ends": ([ROLE, YES], "broken: .*ended the connection in the middle of the answer"),
    "it ends within an event": ([YES, b'data: {"choices": [{"del'], "broken: .*in the middle"),
    "length": ([YES, chunk({}, "length"), DONE], "limit: .*limit of tokens.*answer_tokens=64"),
    "max_tokens": ([YES, chunk({}, "max_tokens"), DONE], "limit: .*limit of tokens"),
    "content_filter": ([YES, chunk({}, "content_filter"), DONE], "broken: the content filter"),
    "vLLM: abort": ([YES, chunk({}, "abort"), DONE], r"broken: .*failed in the middle of the answer \(abort\)"),
    "an error field": ([YES, {"error": {"message": "CUDA out of memory"}}], "broken: .*CUDA out of memory"),
    "OpenRouter: an error beside choices": (
        [YES, {**chunk({"content": ""}, "error"), "error": {"code": 502, "message": "Provider returned error"}}],
        "broken: .*Provider returned error",
    ),
    "an event called error": ([YES, b'event: error\ndata: {"message": "gone"}\n\n'], "broken: .*gone"),
    "an event called error, in words": ([YES, b"event: error\ndata: gone away\n\n"], "broken: .*gone away"),
    "llama.cpp: a field called error": ([YES, b'error: {"code":400,"message":"context"}\n\n'], "broken: .*context"),
    "LM Studio: error as text": ([YES, {"error": "Model unloaded"}, DONE], "broken: .*Model unloaded"),
}


@pytest.mark.parametrize(("events", "why"), CUT.values(), ids=CUT)
def test_an_answer_that_is_not_whole_is_kept_and_told_as_such(events: Sequence[object], why: str) -> None:
    import re

    with serving(streaming(*events)) as url:
        said, cut = asked(url)
    assert said == "Two cars." and re.search(why, cut), cut


def test_a_connection_that_dies_within_a_chunk_leaves_what_came() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        data = f"data: {json.dumps(YES)}\n\n".encode()
        handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n500\r\nhalf of it")

    with serving(handle) as url:
        said, cut = asked(url)
    assert said == "Two cars." and cut.startswith("broken: the answer is incomplete")


NOTHING: dict[str, tuple[Sequence[object], str]] = {
    "only reasoning, cut at the limit": (
        [chunk({"reasoning_content": "hm"}), chunk({"content": None}, "length"), DONE],
        "thinking.*thinking_tokens",
    ),
    "reasoning in the text that has no end": (
        [chunk({"content": "<think>hm"}), chunk({}, "length")],
        "thinking_tokens",
    ),
    "only reasoning, and a stop": ([chunk({"reasoning": "hm"}), STOP], "came to no answer"),
    "a refusal of the model": ([chunk({"refusal": "I can't."}), STOP, DONE], "will not answer: I can't"),
    "the content filter": ([chunk({}, "content_filter"), DONE], "content filter"),
    "nothing at all": ([ROLE, STOP, DONE], "empty answer"),
    "garbage": (["{not json", b"\x00\xff\n\n"], "makes no sense"),
    "an error in the place of words": (
        [{"error": {"message": "the request exceeds the available context size", "code": 400}}, DONE],
        "exceeds the available context size; give the server a longer context",
    ),
}


@pytest.mark.parametrize(("events", "why"), NOTHING.values(), ids=NOTHING)
def test_no_answer_is_one_line_that_says_why(events: Sequence[object], why: str) -> None:
    with serving(streaming(*events)) as url, pytest.raises(BddsegError, match=why) as caught:
        asked(url)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500


@dataclass(frozen=True)
class Refusal:
    """A response to every request, and what is said of it."""

    status: int
    body: object
    why: str
    out_of_service: bool = True


REFUSALS: dict[str, Refusal] = {
    "no key": Refusal(401, {"error": {"message": "Missing key"}}, "HTTP 401.*Missing key.*BDDSEG_LLAVA_API_KEY"),
    "FastAPI: detail": Refusal(403, {"detail": "Not authenticated"}, "Not authenticated.*BDDSEG_LLAVA_API_KEY"),
    "FastAPI: a list of details": Refusal(
        422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required", out_of_service=False
    ),
    "vLLM: an error object without error": Refusal(
        400, {"object": "error", "message": "bad request", "code": 400}, "bad request", out_of_service=False
    ),
    "TGI": Refusal(500, {"error": "Request failed", "error_type": "generation"}, "HTTP 500.*Request failed"),
    "Azure: content filter": Refusal(
        400, {"error": {"code": "content_filter", "message": "The prompt was filtered"}}, "filtered", False
    ),
    "LiteLLM: error as a text of an object": Refusal(
        400,
        {"error": {"message": "litellm.BadRequestError: no", "type": None, "param": None, "code": "400"}},
        "no",
        False,
    ),
    "pictures are not taken": Refusal(
        400, {"error": {"message": "image input is not supported"}}, "does m take pictures.*server_model", False
    ),
    "the model is not there": Refusal(
        404, {"error": {"message": 'model "m" not found, try pulling it first'}}, "server_model=NAME.*it has found"
    ),
    "vLLM: the model is not there": Refusal(
        404, {"object": "error", "message": "The model `m` does not exist.", "code": 404}, "it has found"
    ),
    "a wrong path": Refusal(404, "404 page not found", "HTTP 404.*end in /v1"),
    "a wrong path, with status 200": Refusal(200, {"error": "Unexpected endpoint or method. (POST /x)"}, "Unexpected"),
    "too many requests": Refusal(429, {"error": {"message": "Rate limit"}}, "HTTP 429.*Rate limit.*try again"),
    "loading": Refusal(503, {"error": {"message": "Loading model"}}, "HTTP 503.*Loading model"),
    "no credit": Refusal(402, {"error": {"message": "Insufficient credits"}}, "Insufficient credits"),
    "a web page": Refusal(200, "<html><body>Sign in</body></html>", "web page.*sign-in"),
    "a web page as an error": Refusal(502, "<html><h1>502 Bad Gateway</h1></html>", r"web page \(HTTP 502\)"),
    "no words": Refusal(418, "", "HTTP 418", out_of_service=False),
    "words without end": Refusal(400, {"error": {"message": "x" * 100_000}}, "x…", out_of_service=False),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_line_that_says_what_to_do(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BDDSEG_LLAVA_API_KEY", raising=False)
    with (
        serving(lambda handler, body: answer_json(handler, refusal.body, refusal.status)) as url,
        pytest.raises(BddsegError, match=refusal.why) as caught,
    ):
        asked(url)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600
    assert isinstance(caught.value, OutOfServiceError) == refusal.out_of_service
