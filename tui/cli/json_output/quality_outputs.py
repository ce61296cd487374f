"""Of what is wrong with data and labels."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from bddseg_tui.core.data.catalog.verdicts import Word
from bddseg_tui.core.files.records import Count, Fraction, Line, Moment, Real
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


@closed
class OddRow(TypedDict):
    """An item of `data odd`."""

    image: Line
    split: Line
    name: Line
    kind: Line
    """The measure by which it is odd."""
    value: Fraction
    spreads: Real
    """By how many spreads (scaled median distances, on a logit scale) it is away from the median; at most 99."""


@closed
class Together(TypedDict):
    """A class that occurs in images of another one."""

    name: Line
    images: Count
    lift: Real
    """How many times as often as in any image."""


@closed
class ClassPlacesRow(TypedDict):
    """An item of `data places`: a class in the masks that were measured."""

    id: Count
    name: Line
    masks: Count
    """How many were measured."""
    images: Count
    objects: Count
    """Areas of pixels that touch each other, in masks of at most 640 pixels across."""
    median_size: Fraction | None
    """Share of the image, to within a factor of two."""
    sizes: list[Count]
    """Areas by size: item k counts those of 2^-k-1 to 2^-k of the image."""
    together: list[Together]
    heat: list[list[Fraction]]
    """18 rows of 32: the mean share of each part of the frame that it covers."""


@closed
class DifferenceRow(TypedDict):
    """An item of `data differences`: a class (its share of pixels by image) or a measure."""

    name: Line
    train: Fraction
    val: Fraction
    delta: Real
    """Cliff's delta, above 0 where images of val have more."""
    size: Literal["negligible", "small", "medium", "large"]
    ks: Fraction
    """Kolmogorov-Smirnov's D."""
    p: Fraction
    """Of Mann-Whitney's U test, corrected for the number of tests (Holm)."""
    place: Fraction | None
    """How differently it lies in the frame: 0 the same, 1 nowhere the same."""
    objects: Real | None
    """Cliff's delta of the sizes of areas, above 0 where val's are larger."""


@closed
class SwapRow(TypedDict):
    """A class that is labelled as another: `predicted` is what models say of what has the label `given`."""

    given: Line
    predicted: Line
    areas: Count
    images: Count
    share: Fraction
    """Of all that has the label `given`."""


@closed
class LabelRow(TypedDict):
    """A labelled image, with the area that speaks most against its label; None where none does."""

    image: Line
    score: Fraction
    given: Line | None
    predicted: Line | None
    share: Fraction
    """Of the frame that the area takes."""


@closed
class LabelErrors(TypedDict):
    """`data label-errors`."""

    about: Line
    made: Moment
    masks: Count
    suspect: Count
    swaps: list[SwapRow]
    images: list[LabelRow]
    """The worst first, as many as `--top` says."""


@closed
class LabelErrorsBegun(TypedDict):
    """`data label-errors --detach`."""

    folder: Line
