"""Which curves a run's chart shows: loss, mIoU, class IoU, learning rate, speed, memory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.runs.curve import Curve
from bddseg_tui.core.runs.history import EpochPoint, History
from bddseg_tui.tui.train.chart import Plot, Series

ChartName = Literal["loss", "mIoU", "class IoU", "learning rate", "images/s", "memory MiB"]
CHARTS: tuple[ChartName, ...] = ("loss", "mIoU", "class IoU", "learning rate", "images/s", "memory MiB")
COLORS = ("#5aa9e6", "#f2b84b", "#67c587", "#ef6461", "#b48ead", "#8fbcbb")
RAW = "#4a5a6a"


@dataclass(frozen=True)
class ChartOptions:
    """Which chart is shown, and how; stays from run to run.

    `window` is the part of the x axis that is in sight, as shares (0..1) of the whole.
    """

    chart: ChartName = "loss"
    log: bool = False
    smooth: bool = True
    window: tuple[float, float] = (0.0, 1.0)

    def next_chart(self) -> "ChartOptions":
        """Those of the chart that comes next, or of the first after the last."""
        return replace(self, chart=CHARTS[(CHARTS.index(self.chart) + 1) % len(CHARTS)])

    def zoomed(self, way: int) -> "ChartOptions":
        """Half as much in sight (`way` above 0) or twice as much; the right end stays."""
        start, end = self.window
        width = min(1.0, max(0.01, (end - start) * (0.5 if way > 0 else 2.0)))
        start = max(0.0, end - width)
        return replace(self, window=(start, start + width))

    def panned(self, way: int) -> "ChartOptions":
        """Half a window to the right (`way` above 0) or to the left, as far as there is something."""
        start, end = self.window
        width = end - start
        start = min(1.0 - width, max(0.0, start + way * width / 2))
        return replace(self, window=(start, start + width))


@dataclass(frozen=True)
class Curves:
    """A run's name and history."""

    name: str
    history: History


@dataclass(frozen=True)
class _Line:
    """A series before it is known which part of it is in sight: a curve by step, or values by epoch."""

    name: str
    points: Curve | tuple[tuple[float, ...], tuple[float, ...]]
    color: str
    letter: str = ""

    @property
    def last(self) -> float | None:
        """The newest value, in sight or not."""
        ys = self.points.fine.ys if isinstance(self.points, Curve) else self.points[1]
        return next((y for y in reversed(ys) if y == y), None)

    @property
    def ends(self) -> tuple[float, ...]:
        if isinstance(self.points, Curve):
            return self.points.span or ()
        return self.points[0][:1] + self.points[0][-1:]

    def series(self, span: tuple[float, float]) -> Series:
        xs: Sequence[float]
        ys: Sequence[float]
        if isinstance(self.points, Curve):
            seen = self.points.within(*span)
            xs, ys = seen.xs, seen.ys
        else:
            xs, ys = self.points
        return Series(name=self.name, xs=xs, ys=ys, color=self.color, letter=self.letter, last=self.last)


def plot_runs(runs: Sequence[Curves], options: ChartOptions) -> Plot:
    """The plot of one run, or of several laid over each other."""
    lines = [line for number, run in enumerate(runs) for line in _lines(run, options, number, len(runs) > 1)]
    span = _in_sight([x for line in lines for x in line.ends], options.window)
    best = runs[0].history.best if runs else None
    markers = (
        ((float(best.step), f"best: epoch {best.epoch}"),)
        if best and options.chart in ("loss", "mIoU", "class IoU")
        else ()
    )
    percent = options.chart in ("mIoU", "class IoU")
    waiting = "curves come with the first steps" if runs else "choose a run, or start one with n"
    series = tuple(line.series(span) for line in lines)
    return Plot(
        title=options.chart,
        series=series,
        markers=markers,
        log=options.log and not percent,
        span=span,
        empty=waiting,
        percent=percent,
    )


def _in_sight(ends: Sequence[float], window: tuple[float, float]) -> tuple[float, float]:
    """The part of the x axis that a window (0..1) shows."""
    first, last = (min(ends), max(ends)) if ends else (0.0, 1.0)
    width = (last - first) or 1.0
    return first + window[0] * width, first + window[1] * width


def _lines(run: Curves, options: ChartOptions, number: int, several: bool) -> list[_Line]:
    history, epochs = run.history, run.history.epochs
    color = COLORS[number % len(COLORS)]
    tag = f" {run.name[:4]}" if several else ""
    match options.chart:
        case "loss":
            other = COLORS[(number * 2 + 1) % len(COLORS)]
            val = _Line(f"validation{tag}", _by_epoch(epochs, lambda e: e.val_loss), other, "v")
            if not options.smooth:
                return [_Line(f"train{tag}", history.loss, color, "t"), val]
            behind = [] if several else [_Line("train", history.loss, RAW, "t")]
            return [*behind, _Line(f"smoothed{tag}", history.smoothed_loss, color, "s"), val]
        case "mIoU":
            only = [_Line(f"19 classes{tag}", _by_epoch(epochs, lambda e: e.miou19), color, "o")]
            return (
                only if several else [*only, _Line("20 classes", _by_epoch(epochs, lambda e: e.miou20), COLORS[1], "u")]
            )
        case "class IoU":
            return _class_lines(epochs, tag)
        case "learning rate":
            return [_Line(f"decoder{tag}", history.lr, color)]
        case "images/s":
            return [_Line(f"speed{tag}", history.speed, color)]
    return [_Line(f"memory{tag}", history.memory, color)]


def _class_lines(epochs: Sequence[EpochPoint], tag: str) -> list[_Line]:
    """The six classes with the most pixels."""
    scored = [e for e in epochs if e.classes]
    if not scored:
        return []
    common = sorted(range(NUM_OFFICIAL), key=lambda i: -scored[-1].classes[i].percentage)[:6]
    return [
        _Line(f"{CLASSES[i].name}{tag}", _by_epoch(scored, _iou_of(i)), COLORS[k % len(COLORS)], str(i))
        for k, i in enumerate(common)
    ]


def _iou_of(number: int) -> Callable[[EpochPoint], float | None]:
    return lambda e: e.classes[number].iou


def _by_epoch(
    epochs: Sequence[EpochPoint], value: Callable[[EpochPoint], float | None]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    values = (value(e) for e in epochs)
    return tuple(float(e.step) for e in epochs), tuple(math.nan if v is None else v for v in values)
