"""Which images are odd by what was measured of them: far from the others of the dataset, and bad enough by itself.

Rain and dirt on the lens are not among the measures: no measure of them was tried that could be held against a truth.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.filter_language import parse_query

_FAR = 3.5
"""Of the spread (1.4826 times the median distance from the median) that an odd value is away from the median."""


@dataclass(frozen=True)
class Kind:
    """What makes an image odd.

    Attributes:
        measure: which it is.
        about: what such an image is.
        low: whether it is the small values that are odd.
        at_least: how far (0..1) a value has to go for being odd at all; one below that is odd by itself where `alone`.
        alone: whether a value beyond `at_least` is odd however usual it is.
    """

    measure: str
    about: str
    low: bool
    at_least: float
    alone: bool = False


KINDS = (
    Kind("mask-fit", "the mask lies beside the edges of the image: it is another image's, or has slipped", True, 0.53),
    Kind("sharpness", "blurred", True, 0.2),
    Kind("underexposed", "black in a large part", False, 0.4),
    Kind("overexposed", "white in a large part", False, 0.15),
    Kind("odd-shape", "another shape than most images have", False, 0.02, alone=True),
)


@dataclass(frozen=True)
class OddImage:
    """An image that is odd.

    Attributes:
        row: the image.
        kind: in which way.
        value: 0..1, of the kind's measure.
        spreads: by how many spreads it is away from the median.
    """

    row: Row
    kind: Kind
    value: float
    spreads: float


def odd_images(catalog: Catalog, split: str | None = None) -> list[OddImage]:
    """The odd images of each kind, in the order of KINDS, the oddest first; one may be odd in several ways.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    text = f"split:{split}" if split else ""
    rows = [row for page in catalog.stream(parse_query(text)) for row in page if row.measures]
    return [odd for kind in KINDS for odd in _of_kind(rows, kind)]


def count_odd(found: Iterable[OddImage]) -> Mapping[str, int]:
    """How many images are odd in each way, by the measure's name."""
    counts = {kind.measure: 0 for kind in KINDS}
    for odd in found:
        counts[odd.kind.measure] += 1
    return counts


def _of_kind(rows: list[Row], kind: Kind) -> list[OddImage]:
    known = [(row, row.measures[kind.measure]) for row in rows if kind.measure in row.measures]
    if not known:
        return []
    scale = [_logit(value) for _, value in known]
    median = _median(scale)
    spread = 1.4826 * _median([abs(value - median) for value in scale])
    found = []
    for (row, value), place in zip(known, scale, strict=True):
        away = (place - median) / spread if spread else math.copysign(0.0 if place == median else 99.0, place - median)
        spreads = max(-99.0, min(99.0, away))
        beyond = value <= kind.at_least if kind.low else value >= kind.at_least
        far = spreads <= -_FAR if kind.low else spreads >= _FAR
        if beyond and (far or kind.alone):
            found.append(OddImage(row, kind, value, spreads))
    return sorted(found, key=lambda odd: odd.value if kind.low else -odd.value)


def _logit(value: float) -> float:
    """On a scale without ends: what is near 0 or 1 is told apart as well as what is in the middle."""
    inside = min(1 - 1e-4, max(1e-4, value))
    return math.log(inside / (1 - inside))


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
