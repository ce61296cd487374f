"""How cosines of a CLIP become confidence on one dataset, as an index keeps it; and what a confidence says."""

from typing import Annotated, Literal

from annotated_types import Len
from typing_extensions import TypedDict

from bddseg_tui.core.files.records import Count, Fraction, Line, Real

VERSION = 1
"""Changes when confidence is computed in another way: an index of an earlier version is calibrated anew."""
NOTHING_BELOW, FITS_FROM = 0.1, 0.62
"""Confidence of the best image below which nothing fits, and from which it does; between them nobody can tell."""
FEWEST_IMAGES, FEWEST_CLASSES = 40, 5
"""Fewer labelled images, or classes that the model can tell, make no calibration."""
Verdict = Literal["fits", "unsure", "nothing"]


class LogisticRecord(TypedDict):
    """A logistic regression: mean and deviation of its features, their weights, and the bias."""

    mean: Annotated[list[Real], Len(1, 8)]
    deviation: Annotated[list[Real], Len(1, 8)]
    weights: Annotated[list[Real], Len(1, 8)]
    bias: Real


class PriorRecord(TypedDict):
    """What cosines of words look like on this dataset; see `index.cosine_mixture.CosinePrior`."""

    mean: Annotated[list[Real], Len(3, 3)]
    covariance: Annotated[list[Annotated[list[Real], Len(3, 3)]], Len(3, 3)]
    ratio: Real
    rest: Annotated[list[Real], Len(161, 161)]
    fit: Annotated[list[Real], Len(161, 161)]


class ClassRecord(TypedDict):
    """How well a class is found by its name: the share of images that show it, average precision, area under ROC.

    `told` says whether the model can tell it at all, and it was learnt from.
    """

    name: Line
    share: Fraction
    average_precision: Fraction
    area: Fraction
    told: bool


class ErrorRecord(TypedDict):
    """The error on classes that were left out of the fit, over searches for one class in subsets of the images.

    `calibration` is the mean distance of confidence from truth; `nothing` the share of searches for what is there that
    were answered "nothing fits", `fits` of searches for what is not there that were answered with an image, `unsure`
    of all that were answered neither way.
    """

    searches: Count
    calibration: Fraction
    nothing: Fraction
    fits: Fraction
    unsure: Fraction


class CalibrationRecord(TypedDict):
    """A calibration: how words are embedded, the prior, and the two regressions with their measured error.

    `labels` is a checksum of what it was fitted on; `own` says that the model's own sigmoid ranks better than `pairs`.
    """

    version: Count
    labels: Line
    images: Count
    templates: Annotated[list[Line], Len(1, 8)]
    prior: PriorRecord
    pairs: LogisticRecord
    best: LogisticRecord
    own: bool
    classes: Annotated[list[ClassRecord], Len(1, 64)]
    mean_average_precision: Fraction
    error: ErrorRecord


def verdict(confidence: float, calibrated: bool) -> Verdict:
    """What may be said of the best image: without a calibration never that nothing fits."""
    if confidence >= FITS_FROM:
        return "fits"
    return "nothing" if calibrated and confidence < NOTHING_BELOW else "unsure"
