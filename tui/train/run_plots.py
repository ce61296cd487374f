"""What a run's charts show: loss, mIoU, class IoU, learning rate, images/s, load, memory."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.runs.curve import Curve
from bddseg_tui.core.runs.history import EpochPoint, History
from bddseg_tui.tui.train.axis import round_end
from bddseg_tui.tui.train.chart_options import ChartName, ChartOptions
from bddseg_tui.tui.train.plot import Plot, Series

COLORS = ("#5aa9e6", "#f2b84b", "#67c587", "#ef6461", "#b48ead", "#8fbcbb")
"""Of curves that belong to no class; one a run where several are laid over each other."""
RAW = "#4a5a6a"
MOST_CLASSES = 6
_RATES = ("mIoU", "class IoU")


@dataclass(frozen=True)
class Curves:
    """A run's name and history, and whether it goes on."""

    name: str
    history: History
    live: bool = False


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

    def series(self, span: tuple[float, float]) -> Series:
        xs: Sequence[float]
        ys: Sequence[float]
        if isinstance(self.points, Curve):
            seen = self.points.within(*span)
            xs, ys = seen.xs, seen.ys
        else:
            xs, ys = self.points
        return Series(name=self.name, xs=xs, ys=ys, color=self.color, letter=self.letter, last=self.last)


def plot_runs(runs: Sequence[Curves], chart: ChartName, options: ChartOptions) -> Plot:
    """The plot of one run, or of several laid over each other, the chosen one first."""
    if not any(run.live or run.history.last for run in runs):
        return Plot("", empty=_why_empty(runs, chart, History()))
    lines = [line for number, run in enumerate(runs) for line in _lines(run, chart, options, number, len(runs) > 1)]
    span, rate = span_of(runs, options), chart in _RATES
    history = runs[0].history
    epochs = {run.history.steps_an_epoch for run in runs}
    return Plot(
        title="load %" if chart == "load" else chart,
        series=tuple(line.series(span) for line in lines),
        markers=_best(history) if chart in ("loss", *_RATES) else (),
        log=options.log and not rate,
        span=span,
        # Where epochs differ in length, steps are what runs have in common.
        steps_an_epoch=history.steps_an_epoch if len(epochs) == 1 else 0,
        empty=_why_empty(runs, chart, history),
        percent=rate,
        clip=chart == "loss",
        include={"load": (0.0, 100.0), "images/s": (0.0,), "memory MiB": (0.0,)}.get(chart, ()),
    )


def span_of(runs: Sequence[Curves], options: ChartOptions) -> tuple[float, float]:
    """The part of the x axis that is in sight, the same in all charts.

    While a run goes on the axis ends at a round number, so that the next point is added beside the others, and not all
    of them move.
    """
    last = max((float(r.history.last.step) for r in runs if r.history.last), default=1.0)
    if options.zoomed_in:
        return options.window[0] * last, options.window[1] * last
    if any(run.live for run in runs):
        epoch = float(runs[0].history.steps_an_epoch)
        last = epoch * round_end(last / epoch) if epoch and last > epoch else round_end(last)
    return 0.0, last


def _best(history: History) -> tuple[tuple[float, str], ...]:
    best = history.best
    return ((float(best.step), f"best: epoch {best.epoch}"),) if best else ()


def _why_empty(runs: Sequence[Curves], chart: ChartName, history: History) -> str:
    if not runs:
        return "n configures a run and starts it"
    if not (runs[0].live or history.last):
        return "ended before its first step: L shows its log"
    if chart in _RATES:
        return "comes with the first validation"
    if chart == "load" and history.last:
        return "not told by this run"
    return "curves come with the first steps"


def _lines(run: Curves, chart: ChartName, options: ChartOptions, number: int, several: bool) -> list[_Line]:
    history, epochs = run.history, run.history.epochs
    color, other = COLORS[number % len(COLORS)], COLORS[number % len(COLORS) if several else 1]
    # The number of the run stands at the end of its curves where there are several.
    tag, own = (f" {run.name[:4]}", str(int(run.name[:4]))) if several else ("", "")
    match chart:
        case "loss":
            val = _Line(f"validation{tag}", _by_epoch(epochs, lambda e: e.val_loss), other, f"{own}v")
            if not options.smooth:
                return [_Line(f"train{tag}", history.loss, color, f"{own}t"), val]
            behind = [] if several else [_Line("train", history.loss, RAW)]
            return [*behind, _Line(f"smoothed{tag}", history.smoothed_loss, color, f"{own}s"), val]
        case "mIoU":
            only = [_Line(f"19 classes{tag}", _by_epoch(epochs, lambda e: e.miou19), color, own or "o")]
            return only if several else [*only, _Line("20 classes", _by_epoch(epochs, lambda e: e.miou20), other, "u")]
        case "class IoU":
            return _class_lines(epochs, tag, own)
        case "learning rate":
            return [_Line(f"decoder{tag}", history.lr, color, own)]
        case "images/s":
            return [_Line(f"speed{tag}", history.speed, color, own)]
        case "load":
            return _load_lines(history, color, tag, own)
    return [_Line(f"memory{tag}", history.memory, color, own)]


def _load_lines(history: History, color: str, tag: str, own: str) -> list[_Line]:
    """GPU, CPU and memory, as far as the run tells of them; of several runs the GPU alone, or else the CPU."""
    found = [
        _Line(f"{name}{tag}", curve, color if own else COLORS[n], own or letter)
        for n, (name, curve, letter) in enumerate(
            (("GPU", history.gpu_load, "g"), ("CPU", history.cpu_load, "c"), ("memory", history.memory_load, "m"))
        )
        if len(curve)
    ]
    return found[:1] if own else found


def _class_lines(epochs: Sequence[EpochPoint], tag: str, own: str) -> list[_Line]:
    """The classes with the most pixels, in their own colours; a class's letter is its id."""
    scored = [e for e in epochs if e.classes]
    if not scored:
        return []
    common = sorted(range(NUM_OFFICIAL), key=lambda i: -scored[-1].classes[i].percentage)
    return [
        _Line(
            f"{CLASSES[i].name}{tag}",
            _by_epoch(scored, _iou_of(i)),
            "rgb({},{},{})".format(*CLASSES[i].color),
            f"{own}:{i}" if own else str(i),
        )
        for i in common[: MOST_CLASSES // 2 if own else MOST_CLASSES]
    ]


def _iou_of(number: int) -> Callable[[EpochPoint], float | None]:
    return lambda e: e.classes[number].iou


def _by_epoch(
    epochs: Sequence[EpochPoint], value: Callable[[EpochPoint], float | None]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    values = (value(e) for e in epochs)
    return tuple(float(e.step) for e in epochs), tuple(math.nan if v is None else v for v in values)
