"""What a retriever says that makes no sense: the question ends with a reason, and the next one is answered."""

from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.retrieval.channel import start_process
from bddseg_tui.core.retrieval.client import RetrieverClient
from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CandidatesEvent,
    Event,
    FailedEvent,
    FoundEvent,
    ImageEvent,
    Item,
    LoadedEvent,
    LoadingEvent,
    ThinkingEvent,
    TokenEvent,
    TopicEvent,
    UnsaidEvent,
    WaitingEvent,
)
from bddseg_tui.core.retrieval.options import Retrieval
from bddseg_tui.core.retrieval.protocol import message_line, read_event, read_request
from bddseg_tui.core.retrieval.requests import AskRequest, LoadRequest, Setup
from tests.core.odd_json import like

ITEM = Item(name="a", image="a.jpg", path="/d/a.jpg", score=0.5, confidence=0.9, verdict="fits", duplicates=("b",))
ANSWERED = AnsweredEvent(
    answer="yes", image="a", path="/a", score=0.1, confidence=0.2, fits=True, timings={"total": 1.5}
)
GOOD: list[Event] = [
    LoadingEvent(what="CLIP"),
    WaitingEvent(what="the server", seconds=3),
    ThinkingEvent(seconds=3),
    TopicEvent(same=False),
    AnchorsEvent(anchors=("bus",), fallback=""),
    CandidatesEvent(items=(ITEM,)),
    ImageEvent(image="a\udcff.jpg", path="/d/a\udcff.jpg"),
    TokenEvent(text="yes\n"),
    UnsaidEvent(),
    LoadedEvent(),
    FoundEvent(items=(ITEM,), store="exact"),
    ANSWERED,
]
SETUP = Setup(options=Retrieval(fusion="mean"), root="/d\udcff", catalog="/c", index="/i")


@pytest.mark.parametrize("event", GOOD, ids=lambda e: e.event)
def test_an_event_arrives_as_it_was_sent(event: Event) -> None:
    assert read_event(message_line(3, event)) == (3, event)


def test_a_request_arrives_as_it_was_sent() -> None:
    asked = AskRequest(
        setup=SETUP,
        question="why?",
        image=None,
        anchors=("bus",),
        history=(("is it?", "no"),),
        mode="auto",
        filter="",
        evaluation=None,
        top=9,
    )
    assert read_request(message_line(4, asked)) == (4, asked)


def test_words_are_sanitized_and_names_are_not() -> None:
    _, told = read_event(message_line(1, AnchorsEvent(anchors=("\x1b[2J",), fallback="\u202e")))
    assert told == AnchorsEvent(anchors=("·[2J",), fallback="·")
    named = ImageEvent(image="\x1b", path="/\x1b")
    assert read_event(message_line(1, named))[1] == named


def test_words_are_sanitized_even_where_a_sequence_is_split_over_tokens() -> None:
    said = ""
    for piece in ("say \x1b", "]0;title", "\x07 \u202egnp.exe", "\x9b2J"):
        _, event = read_event(message_line(1, TokenEvent(text=piece)))
        assert isinstance(event, TokenEvent)
        said += event.text
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e" for c in said)


@given(like({"id": 1, **asdict(ANSWERED)}) | like({"id": 1, **asdict(CandidatesEvent(items=(ITEM,)))}))
def test_whatever_is_said_is_an_event_or_has_a_reason(line: bytes) -> None:
    try:
        assert isinstance(read_event(line)[1], AnsweredEvent | CandidatesEvent)
    except RecordError as error:
        assert str(error)


ODD = {
    "a null answer": '{"id": 1, "event": "answered", "answer": null}',
    "an answer without its rest": '{"id": 1, "event": "answered", "answer": "yes"}',
    "no kind": '{"id": 1}',
    "a kind that is none": '{"id": 1, "event": "sing"}',
    "items that are text": '{"id": 1, "event": "candidates", "items": "abc"}',
    "a score of 1e999": message_line(1, FoundEvent(items=(ITEM,), store="")).decode().replace("0.5", "1e999"),
    "an error without words": '{"id": 1, "event": "failed"}',
}


@pytest.mark.parametrize("name", ODD)
def test_a_question_whose_answer_makes_no_sense_ends_with_a_reason(tmp_path: Path, name: str) -> None:
    """A process that says it, garbage before it, and then answers the next request."""
    noise = "garbage\n[1]\n" + "[" * 50_000 + '\n{"id": "1", "event": "loaded"}\n{"id": null}\n'
    (tmp_path / "said").write_text(f"{noise}{ODD[name]}\n")
    program = tmp_path / "retriever"
    program.write_text(
        f"#!/bin/sh\nread a\ncat {tmp_path}/said\nread b\nread c\n"
        """echo '{"id": 2, "event": "loaded"}'\nread d\n"""
    )
    program.chmod(0o755)
    client = RetrieverClient(tmp_path / "log.txt", partial(start_process, tmp_path / "log.txt", [str(program)]))
    load = LoadRequest(setup=SETUP)
    try:
        (told,) = client.request(load, LoadedEvent)
        assert isinstance(told, FailedEvent) and told.message.startswith("the retriever's answer makes no sense (")
        assert list(client.request(load, LoadedEvent)) == [LoadedEvent()]
    finally:
        client.close()
