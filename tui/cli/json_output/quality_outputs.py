"""Of what is wrong with data and labels."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bddseg_tui.core.data.catalog.verdicts import Word
from bddseg_tui.core.files.records import Count, Fraction, Line
from bddseg_tui.tui.cli.json_output.closed import closed

Box = Annotated[list[Count], Field(min_length=4, max_length=4)]
"""Left, top, right and bottom in pixels of the mask, the last two exclusive."""


@closed
class VerdictRow(TypedDict):
    """An item of `data verdicts list`, or what `set` has set: an area whose label a model contradicts."""

    image: Line
    """Relative to the dataset."""
    area: Count
    label: Line
    predicted: Line
    score: Fraction
    """0: the model contradicts the label surely."""
    pixels: Count
    box: Box
    verdict: Word | None


@closed
class VerdictTakenBack(TypedDict):
    """A verdict that holds no more, and the one of the same area that holds again."""

    image: Line
    area: Count
    verdict: Word
    before: Word | None


@closed
class VerdictsTakenBack(TypedDict):
    """`data verdicts undo`: the last one first."""

    taken_back: list[VerdictTakenBack]


@closed
class VerdictsWritten(TypedDict):
    """`data verdicts export`."""

    to: Line
    verdicts: Count
    masks: Count
    changed: list[Line]
    """Images whose mask is another by now."""


@closed
class VerdictsRead(TypedDict):
    """`data verdicts import`."""

    taken: Count
    had: Count
    unmatched: list[Line]
    refused: Count
