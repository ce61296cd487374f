"""The axes of a chart: limits that stay while a run goes on, round ticks, and what lies beyond them.

A limit is a tick, so it does not move with each point, and what has been drawn need not be sent again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Distances of ticks, and their powers of ten."""
SPREADS = 3.0
"""So many times the range from the 5th to the 95th percentile above that, a value is an outlier ..."""
FLATTENED = 0.05
"""... if the others would take less of the height than this."""
FEW = 4
"""Values of a curve that are too few to tell which of them are outliers."""
BY_ROUNDING = 1 + 1e-9
"""A mean of hundreds may be a little more than a hundred."""


@dataclass(frozen=True)
class YAxis:
    """From `low` to `high`, with ticks in between; `beyond` is the largest value that is cut off above."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False
    beyond: float | None = None

    @property
    def end(self) -> float:
        """What is above it is cut off."""
        return self.high * BY_ROUNDING

    def share(self, value: float) -> float:
        """Where a value lies, from 0 (low) to 1 (high)."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / max(1e-300, high - low)


def y_axis(
    curves: Sequence[Sequence[float]], most: int, log: bool = False, clip: bool = False, include: Sequence[float] = ()
) -> YAxis | None:
    """The axis for curves; None where nothing can be drawn. NaN are gaps.

    Args:
        curves: values that are in sight.
        most: ticks.
        log: whether it is logarithmic; then it shows all that is above 0.
        clip: whether outliers may be cut off.
        include: values that it must reach.
    """
    numbers = [sorted(v for v in ys if v == v and (v > 0 or not log)) for ys in curves]
    numbers = [values for values in numbers if values]
    if not numbers:
        return None
    low, top = min(v[0] for v in numbers), max(v[-1] for v in numbers)
    if log:
        return _log_axis(low, top, most)
    high = _without_outliers(numbers) if clip else top
    step, first, last = _round_limits(min(low, *include, low), max(high, *include, high), most)
    ticks = tuple(step * n for n in range(first, last + 1))
    return YAxis(ticks[0], ticks[-1], ticks, beyond=top if top > ticks[-1] * BY_ROUNDING else None)


def _without_outliers(curves: Sequence[Sequence[float]]) -> float:
    """The largest value that is no outlier of its ascending curve: one spike must not flatten the rest.

    A curve of so few values has no usual ones; these are held against the other curves.
    """
    low = min(values[0] for values in curves)
    high = max((_usual_end(values) for values in curves if len(values) > FEW), default=None)
    few = [v for values in curves if len(values) <= FEW for v in values]
    if high is None:
        return max(few)
    return max([high, *(v for v in few if high - low >= FLATTENED * (v - low))])


def _usual_end(ordered: Sequence[float]) -> float:
    end = len(ordered) - 1
    usual = ordered[int(0.95 * end)]
    fence = usual + SPREADS * max(usual - ordered[int(0.05 * end)], abs(usual) * 0.01)
    kept = next((v for v in reversed(ordered) if v <= fence), usual)
    return kept if kept - ordered[0] < FLATTENED * (ordered[-1] - ordered[0]) else ordered[-1]


def _round_limits(low: float, high: float, most: int) -> tuple[float, int, int]:
    """(distance, first, last) of ticks at multiples of a round distance around low..high."""
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-9):
        room = abs(high) * 0.1 or 1.0
        low, high = (max(0.0, low - room) if low >= 0 else low - room), high + room
    step = round_step((high - low) / max(1, most - 1))
    while True:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < max(2, most):
            return step, first, last
        step = round_step(step * 1.01)


def round_step(least: float) -> float:
    """The smallest of ROUND times a power of ten that is no less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(r * power for r in (*ROUND, 20.0) if r * power >= least * (1 - 1e-9))


def _log_axis(low: float, high: float, most: int) -> YAxis:
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    if last - first < 2 and most > 2:
        ticks = [m * 10.0**n for n in range(first, last) for m in (1, 2, 5)] + [10.0**last]
        below = max((t for t in ticks if t <= low * (1 + 1e-9)), default=ticks[0])
        above = min((t for t in ticks if t >= high * (1 - 1e-9)), default=ticks[-1])
        if below < above:
            inside = tuple(t for t in ticks if below <= t <= above)
            return YAxis(below, above, inside, log=True)
    every = -(-(last - first) // max(1, most - 1))
    return YAxis(10.0**first, 10.0**last, tuple(10.0**n for n in range(first, last + 1, every)), log=True)


def x_ticks(first: float, last: float, most: int, steps_an_epoch: int) -> tuple[tuple[tuple[float, str], ...], str]:
    """((step, label), ...) of at most `most` ticks, and what they count: `epoch`, or `step` within few epochs."""
    unit = steps_an_epoch
    name = "epoch"
    if not unit or (last - first) / unit < 1.5:
        unit, name = 1, "step"
    step = max(1, round(round_step(max(1.0, (last - first) / unit / max(1, most)))))
    numbers = range(math.ceil(first / unit / step) * step, math.floor(last / unit) + 1, step)
    return tuple((n * unit, f"{n:,}") for n in numbers), name


def round_end(last: float) -> float:
    """A round number that is no less than `last`, and at most half as much again: an axis that grows seldom."""
    if last <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(last))
    return next(r * power for r in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if r * power >= last * (1 - 1e-9))


def tick_labels(ticks: Sequence[float], percent: bool = False) -> list[str]:
    """Labels of ticks: all with as many digits as their distance needs."""
    values = [100 * t for t in ticks] if percent else list(ticks)
    largest = max(map(abs, values), default=0.0)
    gap = min((abs(b - a) for a, b in pairwise(values)), default=largest)
    if not gap or largest >= 1e5 or gap < 1e-3:
        return [_power(v) for v in values]
    digits = next(d for d in range(5) if abs(round(gap, d) - gap) < gap * 1e-6 or d == 4)
    return [f"{v:.{digits}f}" for v in values]


def _power(value: float) -> str:
    """`2.5e-4`, without zeros that say nothing."""
    if abs(value) < 1e-300:
        return "0"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def short_number(value: float, percent: bool = False) -> str:
    """A number of few digits, for legends; with `percent` a fraction in percent."""
    if percent:
        return f"{100 * value:.1f}"
    size = abs(value)
    if size and (size < 1e-3 or size >= 1e6):
        return _power(value)
    if value == int(value):
        return f"{int(value)}"
    return f"{value:.4f}" if size < 1 else f"{value:.3f}" if size < 10 else f"{value:.1f}"
