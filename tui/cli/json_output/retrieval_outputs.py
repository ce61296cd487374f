"""Of indexes, searches, questions and chats."""

from typing import Any

from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Fraction, Line, Moment, Real
from bddseg_tui.core.jobs.job import JobState
from bddseg_tui.core.retrieval.calibration import ClassRecord, ErrorRecord, Verdict
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.tui.cli.json_output.closed import closed


@closed
class CalibrationFacts(TypedDict):
    """What the masks say of a CLIP on this dataset, measured on classes that were left out of the fit."""

    images: Count
    templates: list[Line]
    mean_average_precision: Fraction
    classes: list[ClassRecord]
    error: ErrorRecord


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
    calibration: CalibrationFacts | None
    uncalibrated: Line
    """Why there is no calibration; empty where there is one."""
    folder: Line


@closed
class MapFacts(TypedDict):
    """`index map`: `placed` of the images were laid beside those that the map had."""

    model: Line
    images: Count
    placed: Count
    seconds: Real


@closed
class ComparedClassRow(TypedDict):
    """A class of `index compare`: the share of images that show it, and average precision by either model."""

    name: Line
    share: Fraction
    first: Fraction
    second: Fraction
    difference: Real


@closed
class IndexComparison(TypedDict):
    """`index compare`: the models, their mean average precision, and each class."""

    first: Line
    second: Line
    mean_first: Fraction
    mean_second: Fraction
    classes: list[ComparedClassRow]


@closed
class IndexBegun(TypedDict):
    """`index build --detach`."""

    folder: Line


@closed
class IndexStopped(TypedDict):
    """`index stop`."""

    state: JobState


@closed
class ModelsUnloaded(TypedDict):
    """`index unload`."""

    ended: Count


@closed
class CandidateImage(TypedDict):
    """An image that was found."""

    name: Line
    path: Line
    score: Real
    """Cosine."""
    confidence: Real
    verdict: Verdict
    """`unsure`: nobody can tell whether it fits."""
    seen: Fraction | None
    """How surely LLaVA says that it fits; null where it was not asked."""


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
    doubt: Line
    """Why the image may not fit; empty for nothing."""
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


@closed
class ProposedImageRow(TypedDict):
    """An image that a tag was proposed for."""

    image: Line
    confidence: Fraction


@closed
class ProposedTag(TypedDict):
    """A tag that was proposed: with a `?`, until it is accepted."""

    phrase: Line
    tag: Line
    calibrated: bool
    """Whether the confidence is a probability, and no guess."""
    expected_wrong: Real | None
    """How many images are expected to be wrong; null where the confidence is a guess."""
    unsure: Count
    """More images that likely fit, and are not sure enough."""
    images: list[ProposedImageRow]


@closed
class ProposedTags(TypedDict):
    """`index tag`."""

    least: Fraction
    model: Line
    tags: list[ProposedTag]


@closed
class TagsSettled(TypedDict):
    """`index tag --accept` and `--reject`."""

    tag: Line
    images: Count
    accepted: bool


@closed
class DependenceRow(TypedDict):
    """An item of `index blind`: what was shown instead of the picture, and how many answers stayed the same."""

    shown: Line
    asked: Count
    same: Count
    share: Fraction
