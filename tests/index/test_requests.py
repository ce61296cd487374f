"""Requests that make no sense: whoever asks hears why, where that can be told, and the next one is worked on."""

import json

import pytest

from bddseg_tui.core.retrieval.events import CancelledEvent, Event, FailedEvent
from bddseg_tui.index.pipe_retriever import serve

SETUP = {"options": {}, "root": "/d", "catalog": "/c", "index": "/i"}
ODD = {
    "no setup": ({"do": "ask", "question": "x"}, "setup is missing"),
    "a setup without an index": ({"do": "load", "setup": {**SETUP, "index": ""}}, "index is no file's name"),
    "a rule of fusion that is none": (
        {"do": "load", "setup": {**SETUP, "options": {"fusion": "melt"}}},
        "fusion should be",
    ),
    "a kind that is none": ({"do": "dance"}, "of no known kind (dance)"),
    "no kind": ({}, "of no known kind"),
    "a filter that is a number": (
        {"do": "search", "setup": SETUP, "text": "", "like": "", "filter": 3, "evaluation": None, "top": 9},
        "filter should be a valid string",
    ),
}


def served(*lines: str) -> list[tuple[int | None, Event]]:
    sent: list[tuple[int | None, Event]] = []
    serve(lines, lambda number, event: sent.append((number, event)))
    return sent


@pytest.mark.parametrize(("request_", "why"), ODD.values(), ids=ODD)
def test_one_that_makes_no_sense_is_answered_with_the_reason(request_: dict[str, object], why: str) -> None:
    ((number, told),) = served(json.dumps({"id": 5, **request_}))
    assert number == 5 and isinstance(told, FailedEvent)
    assert told.message.startswith("the request makes no sense (") and why in told.message


def test_lines_that_are_no_request_are_left_out() -> None:
    odd = ("{", "[]", "3", '{"id": "x", "do": "load"}', "[" * 100_000, '{"id": null}', '{"do": "cancel"}')
    assert served(*odd, '{"id": 7, "do": "cancel"}') == [(7, CancelledEvent())]
