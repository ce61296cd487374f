"""What a retriever says that makes no sense: the question ends with a reason, and the next one is answered."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.retrieval.channel import start_process
from bddseg_tui.core.retrieval.client import RetrieverClient
from bddseg_tui.core.retrieval.events import check_event
from tests.core.odd_json import like

ITEM = {"name": "a", "image": "a.jpg", "path": "/d/a.jpg", "score": 0.5, "confidence": 0.9, "duplicates": ["b"]}
DONE = {
    **{"event": "done", "answer": "yes", "image": "a", "path": "/a", "score": 0.1, "confidence": 0.2, "fits": True},
    **{"timings": {"total": 1.5}, "problem": "", "complete": True},
}
GOOD: list[dict[str, Any]] = [
    {"event": "loading", "what": "CLIP"},
    {"event": "waiting", "what": "the server", "seconds": 3},
    {"event": "thinking", "seconds": 3},
    {"event": "topic", "same": False},
    {"event": "anchors", "anchors": ["bus"], "fallback": ""},
    {"event": "candidates", "items": [ITEM]},
    {"event": "image", "image": "a\udcff.jpg", "path": "/d/a\udcff.jpg"},
    {"event": "token", "text": "yes\n"},
    {"event": "unsaid"},
    {"event": "done"},
    {"event": "done", "items": [ITEM], "store": "exact"},
    DONE,
]


@pytest.mark.parametrize("event", GOOD, ids=lambda e: e["event"])
def test_what_makes_sense_comes_as_it_is(event: dict[str, Any]) -> None:
    assert check_event({**event, "id": 3}) == {**event, "id": 3}


def test_words_are_sanitized_and_names_are_not() -> None:
    told = check_event({"event": "anchors", "anchors": ["\x1b[2J"], "fallback": "\u202e"})
    assert (told["anchors"], told["fallback"]) == (["·[2J"], "·")
    assert check_event({"event": "image", "image": "\x1b", "path": "/\x1b"})["image"] == "\x1b"


@given(like({**DONE, "id": 1}) | like({"id": 1, "event": "candidates", "items": [ITEM]}))
def test_whatever_is_said_is_an_event_or_has_a_reason(line: bytes) -> None:
    try:
        assert check_event(json.loads(line))["event"] in ("done", "candidates")
    except (ValueError, RecursionError, RecordError) as error:
        assert str(error)


ODD = {
    "a null answer": '{"id": 1, "event": "done", "answer": null}',
    "an answer without its rest": '{"id": 1, "event": "done", "answer": "yes"}',
    "no kind": '{"id": 1}',
    "a kind that is none": '{"id": 1, "event": "sing"}',
    "items that are text": '{"id": 1, "event": "candidates", "items": "abc"}',
    "a score of 1e999": json.dumps({"id": 1, "event": "done", "items": [ITEM]}).replace("0.5", "1e999"),
    "an error without words": '{"id": 1, "event": "error"}',
}


@pytest.mark.parametrize("name", ODD)
def test_a_question_whose_answer_makes_no_sense_ends_with_a_reason(tmp_path: Path, name: str) -> None:
    """A process that says it, garbage before it, and then answers the next request."""
    noise = "garbage\n[1]\n" + "[" * 50_000 + '\n{"id": "1", "event": "done"}\n{"id": null}\n'
    (tmp_path / "said").write_text(f"{noise}{ODD[name]}\n")
    program = tmp_path / "retriever"
    program.write_text(
        f"#!/bin/sh\nread a\ncat {tmp_path}/said\nread b\nread c\n"
        """echo '{"id": 2, "event": "done"}'\nread d\n"""
    )
    program.chmod(0o755)
    client = RetrieverClient(tmp_path / "log.txt", partial(start_process, tmp_path / "log.txt", [str(program)]))
    try:
        (told,) = client.request("ask")
        assert told["event"] == "error" and told["message"].startswith("the retriever's answer makes no sense (")
        assert [e["event"] for e in client.request("load")] == ["done"]
    finally:
        client.close()
