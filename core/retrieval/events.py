"""The events of the retriever, by kind: what each must have. All words have passed the sanitizer, file names have not.

Whoever shows a file's name sanitizes it; whoever opens it needs it as it is.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, FileName, Line, Real, Text, checked
from bddseg_tui.core.retrieval.calibration import Verdict


class _Event(TypedDict):
    id: NotRequired[Count]


class Item(TypedDict):
    """An image that was found; `image` is relative to the dataset, `path` is where it lies."""

    name: Line
    image: FileName
    path: FileName
    score: Real
    confidence: Real
    verdict: NotRequired[Verdict]
    duplicates: list[FileName]


class ReadyEvent(_Event):
    """The retriever listens; `pid` is its process, `protocol` the version that it speaks."""

    event: Literal["ready"]
    pid: Count
    protocol: NotRequired[Count]


class DoingEvent(_Event):
    """What is being loaded, or waited for since so many seconds."""

    event: Literal["loading", "waiting"]
    what: Line
    seconds: NotRequired[Real]


class ThinkingEvent(_Event):
    """The model reasons, since so many seconds; none of it is shown."""

    event: Literal["thinking"]
    seconds: Real


class TopicEvent(_Event):
    """Whether a question is about the last image."""

    event: Literal["topic"]
    same: bool


class AnchorsEvent(_Event):
    """What is searched for; `fallback` says why it is the question itself."""

    event: Literal["anchors"]
    anchors: list[Line]
    fallback: Line


class CandidatesEvent(_Event):
    """The images that were found, best first."""

    event: Literal["candidates"]
    items: list[Item]


class ImageEvent(_Event):
    """The image that is looked at."""

    event: Literal["image"]
    image: FileName
    path: FileName


class TokenEvent(_Event):
    """A piece of the answer."""

    event: Literal["token"]
    text: Text


class BareEvent(_Event):
    """`unsaid` takes the answer so far back; `cancelled` is the last of a request that was given up."""

    event: Literal["unsaid", "cancelled"]


class ErrorEvent(_Event):
    """The request has failed; `crashed` where the process died of it."""

    event: Literal["error"]
    message: Text
    crashed: NotRequired[bool]


@with_config(extra="allow")
class Answered(_Event):
    """The end of a question. `problem` says why an answer is not all of it."""

    event: Literal["done"]
    answer: Text
    image: FileName | None
    path: FileName | None
    score: Real | None
    confidence: Real | None
    fits: bool
    doubt: NotRequired[Line]
    timings: dict[Line, Real]
    problem: Text
    complete: bool


class Found(_Event):
    """The end of a search."""

    event: Literal["done"]
    items: list[Item]
    store: NotRequired[Line]


@with_config(extra="forbid")
class Loaded(_Event):
    """The end of a request that loads the models."""

    event: Literal["done"]


Event = (
    ReadyEvent
    | DoingEvent
    | ThinkingEvent
    | TopicEvent
    | AnchorsEvent
    | CandidatesEvent
    | ImageEvent
    | TokenEvent
    | BareEvent
    | ErrorEvent
)
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="event")])
_ENDS: tuple[tuple[str, TypeAdapter[Any]], ...] = (
    ("answer", TypeAdapter(Answered)),
    ("items", TypeAdapter(Found)),
    ("event", TypeAdapter(Loaded)),
)


def check_event(raw: Any) -> dict[str, Any]:
    """A decoded line of the retriever as its model has it.

    Raises:
        RecordError: it is of no known kind, or lacks what its kind must have.
    """
    if isinstance(raw, dict) and raw.get("event") == "done":
        return dict(checked(next(model for mark, model in _ENDS if mark in raw), raw))
    return dict(checked(_EVENT, raw))
