"""The events of the retriever, a frozen message for each. All words have passed the sanitizer, file names have not.

Whoever shows a file's name sanitizes it; whoever opens it needs it as it is.
"""

from dataclasses import dataclass
from typing import Literal

from bddseg_tui.core.files.records import Count, FileName, Line, Real, Text
from bddseg_tui.core.retrieval.calibration import Verdict


@dataclass(frozen=True, kw_only=True)
class Item:
    """An image that was found.

    Attributes:
        name: its stem.
        image: its path, relative to the dataset.
        path: where it lies.
        score: the cosine (-1..1) that it was found by, or what the rule of fusion makes of several.
        confidence: how surely (0..1) it fits.
        verdict: whether it does, as far as can be told.
        duplicates: images that are nearly the same, relative to the dataset.
        seen: how surely (0..1) the vision-language model says that it fits; None where it was not asked.
    """

    name: Line
    image: FileName
    path: FileName
    score: Real
    confidence: Real
    verdict: Verdict
    duplicates: tuple[FileName, ...] = ()
    seen: Real | None = None


@dataclass(frozen=True, kw_only=True)
class ReadyEvent:
    """The retriever listens, before it has been asked; `pid` is its process, `protocol` the version that it speaks."""

    pid: Count
    protocol: Count = 0
    event: Literal["ready"] = "ready"


@dataclass(frozen=True, kw_only=True)
class LoadingEvent:
    """What is being loaded."""

    what: Line
    event: Literal["loading"] = "loading"


@dataclass(frozen=True, kw_only=True)
class WaitingEvent:
    """What is waited for, since so many seconds."""

    what: Line
    seconds: Real
    event: Literal["waiting"] = "waiting"


@dataclass(frozen=True, kw_only=True)
class ThinkingEvent:
    """The model reasons, since so many seconds; none of it is shown."""

    seconds: Real
    event: Literal["thinking"] = "thinking"


@dataclass(frozen=True, kw_only=True)
class TopicEvent:
    """Whether a question is about the last image."""

    same: bool
    event: Literal["topic"] = "topic"


@dataclass(frozen=True, kw_only=True)
class AnchorsEvent:
    """What is searched for; `fallback` says why it is the question itself."""

    anchors: tuple[Line, ...]
    fallback: Line = ""
    event: Literal["anchors"] = "anchors"


@dataclass(frozen=True, kw_only=True)
class CandidatesEvent:
    """The images that were found, best first."""

    items: tuple[Item, ...]
    event: Literal["candidates"] = "candidates"


@dataclass(frozen=True, kw_only=True)
class LookingEvent:
    """The model looks at the candidates once more: `done` of `total` by now. They come again in their new order."""

    done: Count
    total: Count
    event: Literal["looking"] = "looking"


@dataclass(frozen=True, kw_only=True)
class ImageEvent:
    """The image that is looked at."""

    image: FileName
    path: FileName
    event: Literal["image"] = "image"


@dataclass(frozen=True, kw_only=True)
class TokenEvent:
    """A piece of the answer."""

    text: Text
    event: Literal["token"] = "token"


@dataclass(frozen=True, kw_only=True)
class UnsaidEvent:
    """Every piece so far is taken back: it was the model's reasoning."""

    event: Literal["unsaid"] = "unsaid"


@dataclass(frozen=True, kw_only=True)
class AnsweredEvent:
    """The end of a question.

    Attributes:
        answer: all of it.
        image: what was looked at, relative to the dataset; None for no image.
        path: where that lies.
        score: as of `Item`; None for an image that was not searched for.
        confidence: likewise.
        fits: whether the image may fit; False where it is said that none does.
        doubt: why nobody can tell whether it fits.
        timings: seconds by step.
        problem: why the answer is not all of it.
        complete: False where more is wrong than that it reached its length.
    """

    answer: Text
    image: FileName | None
    path: FileName | None
    score: Real | None
    confidence: Real | None
    fits: bool
    timings: dict[Line, Real]
    doubt: Line = ""
    problem: Text = ""
    complete: bool = True
    event: Literal["answered"] = "answered"


@dataclass(frozen=True, kw_only=True)
class FoundEvent:
    """The end of a search: the images, best first, and which store they were searched in.

    `told` says which words the model was never taught; '' for none.
    """

    items: tuple[Item, ...]
    store: Line
    told: Text = ""
    event: Literal["found"] = "found"


@dataclass(frozen=True, kw_only=True)
class LoadedEvent:
    """The end of a request that loads the models."""

    event: Literal["loaded"] = "loaded"


@dataclass(frozen=True, kw_only=True)
class FailedEvent:
    """The end of a request that failed, and why."""

    message: Text
    event: Literal["failed"] = "failed"


@dataclass(frozen=True, kw_only=True)
class CancelledEvent:
    """The end of a request that was given up."""

    event: Literal["cancelled"] = "cancelled"


Step = (
    LoadingEvent
    | WaitingEvent
    | ThinkingEvent
    | TopicEvent
    | AnchorsEvent
    | CandidatesEvent
    | LookingEvent
    | ImageEvent
    | TokenEvent
    | UnsaidEvent
)
"""What a request does on the way."""
End = AnsweredEvent | FoundEvent | LoadedEvent | FailedEvent | CancelledEvent
"""What a request ends with."""
RequestEvent = Step | End
Event = ReadyEvent | RequestEvent
