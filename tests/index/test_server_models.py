"""Which model of a server answers where none is named, and at which address."""

from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from bddseg_tui.core.errors import BddsegError
from tests.index.server_dialects import STOP, YES, asked, streaming
from tests.index.serving import answer_json, serving


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("path", ["", "/ollama", "/api"])
def test_an_address_that_is_not_whole_is_found(path: str) -> None:
    """Ollama, vLLM and LM Studio answer below /v1 alone."""
    good = "/ollama/v1/" if path == "/ollama" else "/v1/"

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if not handler.path.startswith(good):
            answer_json(handler, "404 page not found", 404)
        else:
            streaming(YES, STOP)(handler, body)

    def get(handler: BaseHTTPRequestHandler) -> None:
        known = handler.path.startswith(good)
        answer_json(handler, {"data": [{"id": "llava"}]} if known else "404 page not found", 200 if known else 404)

    with serving(handle, get, path) as url:
        for model in ("", "m"):
            assert asked(url, model) == ("Two cars.", "")


LISTS: dict[str, tuple[object, str]] = {
    "OpenAI": ({"object": "list", "data": [{"id": "llava", "object": "model"}]}, "llava"),
    "an embedding model first": ({"data": [{"id": "nomic-embed-text"}, {"id": "llava:7b"}]}, "llava:7b"),
    "one that sees among others": ({"data": [{"id": "llama3"}, {"id": "qwen2.5-vl-7b"}]}, "qwen2.5-vl-7b"),
    "Ollama's own": ({"models": [{"name": "llava:latest"}]}, "llava:latest"),
    "a list alone": ([{"id": "a"}], "a"),
    "names alone": ({"data": ["a", "b"]}, "a"),
    "entries that are null": ({"data": [None, {}, {"id": None}, {"id": "a"}]}, "a"),
}


@pytest.mark.parametrize(("models", "chosen"), LISTS.values(), ids=LISTS)
def test_a_model_is_chosen_where_none_is_named(models: object, chosen: str) -> None:
    seen: list[str] = []

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        seen.append(body["model"])
        streaming(YES, STOP)(handler, body)

    with serving(handle, lambda handler: answer_json(handler, models)) as url:
        assert asked(url, "") == ("Two cars.", "")
    assert seen == [chosen]


def test_a_model_that_does_not_chat_gives_way_to_the_next() -> None:
    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if body["model"] == "first":
            answer_json(handler, {"error": {"message": '"first" does not support chat'}}, 400)
        else:
            streaming(YES, STOP)(handler, body)

    models = {"data": [{"id": "first"}, {"id": "second"}]}
    with serving(handle, lambda handler: answer_json(handler, models)) as url:
        assert asked(url, "") == ("Two cars.", "")


@pytest.mark.parametrize(
    ("status", "models"),
    [
        (404, {"detail": "Not Found"}),
        (405, {"error": "method"}),
        (200, {"data": None}),
        (200, {"data": []}),
        (200, {"a": 1}),
        (200, "["),
    ],
)
def test_without_a_list_of_models_the_message_names_server_model(status: int, models: object) -> None:
    with (
        serving(streaming(YES, STOP), lambda handler: answer_json(handler, models, status)) as url,
        pytest.raises(BddsegError, match="server_model=NAME"),
    ):
        asked(url, "")
