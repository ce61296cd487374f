"""A LLaVA that says what a test wants it to say, and what the pipeline tells of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.events import (
    RequestEvent,
)
from bddseg_tui.index.llava import Piece
from bddseg_tui.index.pipeline import Ask, ask
from bddseg_tui.index.prompts import Message
from bddseg_tui.index.vocabulary import Vocabulary
from tests.index.conftest import Indexed

Reply = str | BddsegError | list[Piece]


class Scripted:
    """Replies in turn; remembers what it was asked and with which picture."""

    name = "scripted"
    thinking_tokens = 0
    vocabulary: Vocabulary | None = None

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.prompts: list[str] = []
        self.pictures: list[Image.Image | None] = []

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[Piece]:
        self.prompts.append(messages[-1].text)
        self.pictures.append(picture)
        said = self.replies.pop(0)
        if isinstance(said, BddsegError):
            raise said
        if not isinstance(said, str):
            yield from said
            return
        yield from said.split(" ", 1) if " " in said else [said]

    def chance_of_yes(self, messages: Sequence[Message], picture: Image.Image, cancelled: Callable[[], bool]) -> float:
        """Replies with a number in words."""
        return float("".join(p for p in self.stream(messages, picture, 1, cancelled) if isinstance(p, str)))


E = TypeVar("E")


def run(
    indexed: Indexed,
    request: Ask,
    *replies: Reply,
    cancelled: Callable[[], bool] = lambda: False,
    vocabulary: Vocabulary | None = None,
) -> tuple[list[RequestEvent], Scripted]:
    events: list[RequestEvent] = []
    llava = Scripted(*replies)
    llava.vocabulary = vocabulary
    events.append(ask(request, lambda: indexed.searcher, lambda: llava, indexed.root, events.append, cancelled))
    return events, llava


def of(events: list[RequestEvent], kind: type[E]) -> E:
    return next(event for event in events if isinstance(event, kind))


def sure(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every image fit: what fits is the model's business, not the pipeline's."""
    monkeypatch.setattr("bddseg_tui.index.judgement.Judgement.verdict", lambda self, sure, best=False: "fits")
