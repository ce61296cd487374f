"""A curve of any length in bounded memory: of each bucket of steps its lowest and its highest point are kept.

Buckets have equal widths; when there are too many, pairs of them become one. So every peak stays, and what a million
steps take is what a few thousand take. tsdownsample and lttbc do this with numpy for a finished array: a live run
would be gone through again at each look, and the app starts without numpy.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

FINE, COARSE = 16_384, 2_048
"""Most buckets of a curve that is zoomed into, and of one that is seen whole."""
ENOUGH = 1_024
"""Points in sight that fill a chart: with fewer, the finer points are shown."""


def _frozen(values: "array[float]") -> "memoryview[float]":
    return memoryview(values.tobytes()).cast("d")


_NOTHING = _frozen(array("d"))


@dataclass(frozen=True)
class Points:
    """x ascending and y, float64, read-only; y is NaN where there is a gap."""

    xs: "memoryview[float]" = _NOTHING
    ys: "memoryview[float]" = _NOTHING

    def __len__(self) -> int:
        return len(self.xs)

    def within(self, first: float, last: float) -> "Points":
        """The points from x `first` to `last`, and one more on each side, to which lines lead."""
        start, end = max(0, bisect_left(self.xs, first) - 1), bisect_right(self.xs, last) + 1
        return Points(self.xs[start:end], self.ys[start:end])


@dataclass(frozen=True)
class Curve:
    """A curve at two sizes: at most 2 x FINE and 2 x COARSE points, and a few for the newest bucket."""

    fine: Points = field(default_factory=Points)
    coarse: Points = field(default_factory=Points)

    def __len__(self) -> int:
        return len(self.fine)

    @property
    def span(self) -> tuple[float, float] | None:
        """The first and the last x."""
        return (self.fine.xs[0], self.fine.xs[-1]) if len(self.fine) else None

    def within(self, first: float, last: float) -> Points:
        """What to draw from x `first` to `last`: the coarse points where there are enough of them."""
        points = self.coarse.within(first, last)
        return points if len(points) >= ENOUGH else self.fine.within(first, last)


class CurveBuilder:
    """Takes points one by one; belongs to one thread at a time."""

    def __init__(self, most: int = FINE, coarse: int = COARSE) -> None:
        self._fine = _Buckets(most)
        self._coarse = _Buckets(coarse)

    def add(self, x: int, y: float | None) -> None:
        """Adds a point beyond all others; `y` is None for a gap."""
        for closed in self._fine.add(x, math.nan if y is None else y):
            self._coarse.add(*closed)

    def curve(self) -> Curve:
        """The curve so far, as a value of its own; it ends with the very last point."""
        return Curve(self._fine.points([]), self._coarse.points(self._fine.newest()))


class _Buckets:
    """Points by bucket; the newest bucket is still open."""

    def __init__(self, most: int) -> None:
        self._most, self._width, self._count = most, 1, 0
        self._xs, self._ys = array("d"), array("d")
        self._open = -1
        self._low = self._high = self._last = (0.0, math.nan)

    def add(self, x: float, y: float) -> list[tuple[float, float]]:
        """Takes a point; returns those of the bucket that it closed."""
        bucket, point = int(x) // self._width, (x, y)
        if bucket != self._open:
            closed = self._close() if self._open >= 0 else []
            self._open = int(x) // self._width
            self._low = self._high = self._last = point
            return closed
        self._last = point
        # Written so that a number takes the place of a NaN, and a NaN never that of a number.
        if y < self._low[1] or self._low[1] != self._low[1]:
            self._low = point
        if y > self._high[1] or self._high[1] != self._high[1]:
            self._high = point
        return []

    def newest(self) -> list[tuple[float, float]]:
        """The points of the open bucket in order, and the last point."""
        if self._open < 0:
            return []
        return sorted({self._low, self._high, self._last}, key=lambda p: p[0])

    def points(self, more: list[tuple[float, float]]) -> Points:
        """All points, and then those of `more` that lie beyond them."""
        xs, ys = self._xs[:], self._ys[:]
        for x, y in [*self.newest(), *more]:
            if not xs or x > xs[-1]:
                xs.append(x)
                ys.append(y)
        return Points(_frozen(xs), _frozen(ys))

    def _close(self) -> list[tuple[float, float]]:
        low, high = self._low, self._high
        closed = [low] if low[0] == high[0] else [low, high] if low[0] < high[0] else [high, low]
        for x, y in closed:
            self._xs.append(x)
            self._ys.append(y)
        self._count += 1
        if self._count >= self._most:
            self._join_pairs()
        return closed

    def _join_pairs(self) -> None:
        """Makes the buckets twice as wide."""
        wider = _Buckets(self._most)
        wider._width = 2 * self._width
        for x, y in zip(self._xs, self._ys, strict=True):
            wider.add(x, y)
        if wider._open >= 0:
            wider._close()
        self._xs, self._ys, self._width, self._count = wider._xs, wider._ys, wider._width, wider._count
