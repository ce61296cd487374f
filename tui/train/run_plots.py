"""Which curves a run's chart shows: loss, mIoU, class IoU, learning rate, speed, memory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
class ChartLook:
    """How charts are looked at; stays from run to run."""

    chart: ChartName = "loss"
    log: bool = False
    smooth: bool = True
    window: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class Curves:
    """A run's name and history."""

    name: str
    history: History


@dataclass(frozen=True)
class _Line:
    """A series before it is known which part of it is in sight: a curve by step, or figures by epoch."""

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
        if isinstance(self.points, Curve):
            seen = self.points.within(*span)
            return Series(self.name, seen.xs, seen.ys, self.color, self.letter, self.last)
        return Series(self.name, *self.points, self.color, self.letter, self.last)


def plot_runs(runs: Sequence[Curves], look: ChartLook) -> Plot:
    """The plot of one run, or of several laid over each other."""
    lines = [line for number, run in enumerate(runs) for line in _lines(run, look, number, len(runs) > 1)]
    span = _in_sight([x for line in lines for x in line.ends], look.window)
    best = runs[0].history.best if runs else None
    markers = (
        ((float(best.step), f"best: epoch {best.epoch}"),)
        if best and look.chart in ("loss", "mIoU", "class IoU")
        else ()
    )
    percent = look.chart in ("mIoU", "class IoU")
    waiting = "curves come with the first steps" if runs else "choose a run, or start one with n"
    series = tuple(line.series(span) for line in lines)
    return Plot(look.chart, series, markers, "step", look.log and not percent, span, waiting, percent)


def _in_sight(ends: Sequence[float], window: tuple[float, float]) -> tuple[float, float]:
    """The part of the x axis that a window (0..1) shows."""
    first, last = (min(ends), max(ends)) if ends else (0.0, 1.0)
    width = (last - first) or 1.0
    return first + window[0] * width, first + window[1] * width


def _lines(run: Curves, look: ChartLook, number: int, several: bool) -> list[_Line]:
    history, epochs = run.history, run.history.epochs
    color = COLORS[number % len(COLORS)]
    tag = f" {run.name[:4]}" if several else ""
    match look.chart:
        case "loss":
            other = COLORS[(number * 2 + 1) % len(COLORS)]
            val = _Line(f"validation{tag}", _by_epoch(epochs, lambda e: e.val_loss), other, "v")
            if not look.smooth:
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
    epochs: Sequence[EpochPoint], figure: Callable[[EpochPoint], float | None]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    values = (figure(e) for e in epochs)
    return tuple(float(e.step) for e in epochs), tuple(math.nan if v is None else v for v in values)
