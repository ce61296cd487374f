"""The charts of a report, drawn by matplotlib on figures of their own, so that any thread may draw."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bddseg_tui.core.analysis.matrix import Matrix
from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.robustness import Robustness

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GRAY = "#1f6fb2", "#d9822b", "#8a8f98"
_STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "svg.fonttype": "none",
    # A name with two dollars is a name.
    "text.parse_math": False,
    "svg.hashsalt": "bddseg",
    "figure.constrained_layout.use": True,
}
Draw = Callable[["Figure"], None]


def render(draw: Draw, size: tuple[float, float], kind: str = "svg") -> bytes:
    """A chart as SVG or PNG; `size` is in inches. The same data give the same bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, dpi=130)
        FigureCanvasAgg(figure)
        draw(figure)
        sink = io.BytesIO()
        figure.savefig(sink, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return sink.getvalue()


def loss_chart(history: History) -> Draw:
    """Training loss by step, raw and smoothed, with the validation's."""

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        raw, smooth = history.loss.fine, history.smoothed_loss.fine
        if len(raw):
            axes.plot(list(raw.xs), list(raw.ys), color=BLUE, alpha=0.25, linewidth=0.7)
            axes.plot(list(smooth.xs), list(smooth.ys), color=BLUE, linewidth=1.4, label="training, smoothed")
        epochs = [(e.step, e.val_loss) for e in history.epochs if e.val_loss is not None]
        if epochs:
            xs, ys = zip(*epochs, strict=True)
            axes.plot(xs, ys, color=ORANGE, marker="o", markersize=3.5, linewidth=1.4, label="validation")
        axes.set(xlabel="step", ylabel="loss")
        if len(raw) or epochs:
            axes.legend(frameon=False)

    return draw


def iou_against_share(evaluation: Evaluation) -> Draw:
    """Each class's IoU beside its share of pixels (logarithmic), sorted by IoU."""
    found = sorted((c for c in evaluation.classes if c.iou is not None), key=lambda c: c.iou or 0.0)

    def draw(figure: "Figure") -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        names = [c.name for c in found]
        left.barh(
            names, [100 * (c.iou or 0) for c in found], color=[_color(c.id) for c in found], edgecolor=GRAY, lw=0.4
        )
        left.set(xlabel="IoU, %", xlim=(0, 100))
        right.barh(names, [max(c.percentage, 1e-4) for c in found], color=GRAY)
        right.set(xlabel="share of pixels, %", xscale="log")
        for place, c in enumerate(found):
            left.annotate(f"{100 * (c.iou or 0):.1f}", (100 * (c.iou or 0) + 1, place), va="center", fontsize=7)

    return draw


def compared_ious(evaluations: Sequence[Evaluation]) -> Draw:
    """Each class's IoU in several evaluations."""

    def draw(figure: "Figure") -> None:
        axes = figure.add_subplot()
        height = 0.8 / len(evaluations)
        for number, (evaluation, color) in enumerate(zip(evaluations, (BLUE, ORANGE, GRAY, "#4c956c"), strict=False)):
            places = [c.id + (number - (len(evaluations) - 1) / 2) * height for c in evaluation.classes]
            axes.barh(
                places, [100 * (c.iou or 0) for c in evaluation.classes], height, color=color, label=evaluation.name
            )
        axes.set_yticks(range(len(CLASSES)), [c.name for c in CLASSES])
        axes.invert_yaxis()
        axes.set(xlabel="IoU, %", xlim=(0, 100))
        axes.legend(frameon=False)

    return draw


def heat_map(matrix: Matrix) -> Draw:
    """A matrix as a heat map: shares in percent, coloured by their square root."""

    def draw(figure: "Figure") -> None:
        import numpy as np

        axes = figure.add_subplot()
        shares = np.asarray(matrix.shares)
        axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for row, values in enumerate(matrix.shares):
            for column, value in enumerate(values):
                if matrix.counts[row][column]:
                    text = f"{100 * value:.0f}" if value >= 0.01 else "<1"
                    dark = value > 0.36
                    axes.text(column, row, text, ha="center", va="center", fontsize=6, color="w" if dark else "#333")
        axes.set_xticks(range(len(matrix.columns)), matrix.columns, rotation=90, fontsize=7)
        axes.set_yticks(range(len(matrix.rows)), matrix.rows, fontsize=7)
        axes.set(xlabel="predicted", ylabel="actual")
        axes.grid(visible=False)

    return draw


def reliability(evaluation: Evaluation) -> Draw:
    """How often the model is right against how sure it is, with the share of pixels in each bin."""
    bins: Sequence[Mapping[str, float]] = evaluation.raw.get("calibration") or []

    def draw(figure: "Figure") -> None:
        axes: Axes = figure.add_subplot()
        axes.plot([0, 100], [0, 100], color=GRAY, linestyle="--", linewidth=1, label="perfectly calibrated")
        sure, right = [100 * b["confidence"] for b in bins], [100 * b["accuracy"] for b in bins]
        axes.bar(sure, [100 * b["share"] for b in bins], width=4, color=BLUE, alpha=0.25, label="share of pixels")
        axes.plot(sure, right, color=ORANGE, marker="o", markersize=4, label="measured")
        axes.set(xlabel="confidence, %", ylabel="right, %", xlim=(0, 100), ylim=(0, 100))
        axes.legend(frameon=False, loc="upper left")

    return draw


def corrupted(found: Robustness) -> Draw:
    """mIoU19 by severity, a line for each kind of corruption, told apart by mark and dash too."""

    def draw(figure: "Figure") -> None:
        axes: Axes = figure.add_subplot()
        for number, kind in enumerate(found.kinds):
            cells = [found.clean, *(found.cell(kind, s) for s in found.severities)]
            known = [(c["severity"], 100 * c["miou19"]) for c in cells if c and c["miou19"] is not None]
            marker, dash = "osD^vPX"[number % 7], ("-", "--", ":")[number % 3]
            axes.plot(*zip(*known, strict=True), marker=marker, linestyle=dash, markersize=5, label=kind)
        axes.set(xlabel="severity (0: as they are)", ylabel="mIoU19, %", ylim=(0, None))
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))

    return draw


def _color(class_id: int) -> tuple[float, float, float]:
    r, g, b = CLASSES[class_id].color
    return r / 255, g / 255, b / 255
