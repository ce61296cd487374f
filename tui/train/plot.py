"""What a chart shows, as frozen values."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """A curve: ascending x, y with NaN for gaps, its colour, and a letter at its end that tells it without colour.

    `last` is its newest value, which may be out of sight. One without a letter is drawn behind the others.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    color: str
    letter: str = ""
    last: float | None = None


@dataclass(frozen=True)
class Plot:
    """Series over steps, marked steps with labels, and what the axes are made of.

    Attributes:
        span: the part of the x axis that is in sight; all of it if left out.
        steps_an_epoch: by which the x axis tells epochs; 0 where they are not known, so that it tells steps.
        empty: what is said while there is nothing to draw.
        percent: y are fractions, shown in percent.
        clip: outliers are cut off, and a mark says so.
        include: values that the y axis reaches in any case.
    """

    title: str
    series: tuple[Series, ...] = ()
    markers: tuple[tuple[float, str], ...] = ()
    log: bool = False
    span: tuple[float, float] | None = None
    steps_an_epoch: int = 0
    empty: str = "nothing to draw yet"
    percent: bool = False
    clip: bool = False
    include: tuple[float, ...] = ()
