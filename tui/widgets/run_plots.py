"""Which curves a run's chart shows: loss, mIoU, class IoU, learning rate, speed, memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.classes import CLASSES, NUM_OFFICIAL
from core.history import History, smoothed
from tui.widgets.chart import Plot, Series

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


def plot_runs(runs: Sequence[Curves], look: ChartLook) -> Plot:
    """The plot of one run, or of several laid over each other."""
    series: list[Series] = []
    for number, run in enumerate(runs):
        series += _series(run, look, number, len(runs) > 1)
    best = runs[0].history.best if runs else None
    markers = (
        ((float(best.step), f"best: epoch {best.epoch}"),)
        if best and look.chart in ("loss", "mIoU", "class IoU")
        else ()
    )
    percent = look.chart in ("mIoU", "class IoU")
    waiting = "curves come with the first steps" if runs else "choose a run, or start one with n"
    return Plot(look.chart, tuple(series), markers, "step", look.log and not percent, look.window, waiting, percent)


def _series(run: Curves, look: ChartLook, number: int, several: bool) -> list[Series]:
    history = run.history
    color = COLORS[number % len(COLORS)]
    tag = f" {run.name[:4]}" if several else ""
    steps, xs = history.steps, [float(s.step) for s in history.steps]
    epochs, epoch_xs = history.epochs, [float(e.step) for e in history.epochs]
    match look.chart:
        case "loss":
            raw = [s.loss for s in steps]
            val = Series(
                f"validation{tag}", epoch_xs, [e.val_loss for e in epochs], COLORS[(number * 2 + 1) % len(COLORS)], "v"
            )
            if not look.smooth:
                return [Series(f"train{tag}", xs, raw, color, "t"), val]
            behind = [] if several else [Series("train", xs, raw, RAW, "t")]
            return [*behind, Series(f"smoothed{tag}", xs, smoothed(raw), color, "s"), val]
        case "mIoU":
            only = [Series(f"19 classes{tag}", epoch_xs, [e.miou19 for e in epochs], color, "o")]
            return (
                only if several else [*only, Series("20 classes", epoch_xs, [e.miou20 for e in epochs], COLORS[1], "u")]
            )
        case "class IoU":
            common = (
                sorted(range(NUM_OFFICIAL), key=lambda i: -epochs[-1].classes[i].percentage)[:6]
                if epochs and epochs[-1].classes
                else []
            )
            scored = [e for e in epochs if e.classes]
            return [
                Series(
                    f"{CLASSES[i].name}{tag}",
                    [float(e.step) for e in scored],
                    [e.classes[i].iou for e in scored],
                    COLORS[k % len(COLORS)],
                    str(i),
                )
                for k, i in enumerate(common)
            ]
        case "learning rate":
            return [Series(f"decoder{tag}", xs, [s.lr for s in steps], color)]
        case "images/s":
            speed: list[float | None] = [s.images_per_s for s in steps]
            return [Series(f"speed{tag}", xs, smoothed(speed, 0.9), color)]
    return [Series(f"memory{tag}", xs, [s.memory for s in steps], color)]
