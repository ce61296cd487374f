"""Of indexes, searches, questions and chats."""

from typing import Any

from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Line, Moment, Real
from bddseg_tui.core.jobs.job import State
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.tui.cli.json_output.closed import closed


@closed
class IndexFacts(TypedDict):
    """`index build` and `index info`."""

    model: Line
    identity: Line
    dimension: Count
    images: Count
    failures: Count
    sha256: Line
    images_per_second: Real | None
    method: Line
    graph: dict[str, Any] | None
    folder: Line


@closed
class IndexBegun(TypedDict):
    """`index build --detach`."""

    folder: Line


@closed
class IndexStopped(TypedDict):
    """`index stop`."""

    state: State


@closed
class CandidateImage(TypedDict):
    """An image that was found."""

    name: Line
    path: Line
    score: Real
    """Cosine."""
    confidence: Real


@closed
class FoundImage(CandidateImage):
    """An item of `index search`."""


@closed
class Answer(TypedDict):
    """`ask`."""

    question: Line
    anchors: list[Line]
    fallback: Line
    image: Line | None
    score: Real | None
    confidence: Real | None
    fits: bool
    answer: str
    candidates: list[CandidateImage]
    timings: dict[str, Real]
    """Seconds."""
    problem: str
    """Why the answer is not all of it; empty for nothing."""
    complete: bool


@closed
class ChatRow(TypedDict):
    """An item of `chats`."""

    title: Line
    created: Moment
    turns: list[Turn]


@closed
class ChatExported(TypedDict):
    """`chats --export`."""

    file: Line
