"""An evaluation in words: its row in the list, its overall metrics, and what one class is confused with."""

from rich.text import Text
from textual.theme import Theme

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import percent, percentage_points, state_mark

NOTHING = Text.assemble(
    ("No evaluation yet\n\n", "bold"),
    "An evaluation measures a run's checkpoint on a split, at the images' own resolution: IoU by class, what is taken "
    "for what, the worst images.\n\n",
    (" n ", "reverse"),
    "  make one        ",
    (" 2 ", "reverse"),
    "  train a run first",
)


def evaluation_row(state: EvaluationState, compared: bool, width: int, elsewhere: bool = False) -> Text:
    """An evaluation's row in a list of `width` columns: its name, cut to the room there is, and mIoU19 or state.

    Where it is of `elsewhere`, another dataset than the open one, that is named.
    """
    text, figure = Text(no_wrap=True, overflow="ellipsis"), _figure(state)
    text.append("◆ " if compared else "  ", "bold")
    room = max(4, width - 4 - max(5, len(figure)))
    name = sanitize(state.name)[:room]
    dataset = f" {sanitize(dataset_name(state))}"[: room - len(name)] if elsewhere else ""
    text.append(name)
    text.append(dataset, "dim italic")
    return text.append(f"{'':{room - len(name) - len(dataset) + 1}}{figure:>5}", "bold")


def _figure(state: EvaluationState) -> str:
    """mIoU19, or how far it is, or what has become of it."""
    status = state.status
    if status.live:
        return f"▶ {100 * status.done / status.total:.0f}%" if status.total else "▶"
    if state.result:
        return percent(state.result.miou19)
    return "✗ damaged" if state.problem else state_mark(status.state)


def dataset_name(state: EvaluationState) -> str:
    """What the folder of its dataset is called."""
    return state.dataset.rpartition("/")[2]


def changed(value: float | None, theme: Theme) -> Text:
    """A difference of fractions in points, its sign written and coloured."""
    better, worse = (value or 0.0) > 0.0005, (value or 0.0) < -0.0005
    style = theme.success if better else theme.error if worse else None
    return Text(percentage_points(value), style=style or "", justify="right")


def summary(state: EvaluationState | None, other: Evaluation | None, width: int) -> Text:
    """An evaluation's overall metrics above those of the one that it is compared with, or why there are none.

    The text is `width` columns wide.
    """
    if state is None:
        return NOTHING
    if state.result is None:
        return _waiting(state)
    return overall_metrics(dataset_name(state), state.result, other, width)


def _waiting(state: EvaluationState) -> Text:
    """An evaluation without metrics: what its job does, why it ended, or why they cannot be read; and what to do."""
    text, status = Text(), state.status
    text.append(f"{sanitize(state.name)}  {'✗ damaged' if state.problem else state_mark(status.state)}\n\n", "bold")
    if status.live:
        text.append(f"{status.phase}  {status.done:,} of {status.total:,} images\n" if status.total else "")
        done = round(BAR * status.done / status.total) if status.total else 0
        text.append(f"{'█' * done}{'░' * (BAR - done)}\n\n" if status.total else "")
        return text.append("Figures come when all images are done. It goes on when you leave.")
    text.append(f"{state.problem or status.message or 'it was not finished'}\n\n")
    return text.append(" n ", "reverse").append("  evaluate again        ").append(" x ", "reverse").append("  delete")


BAR = 30
"""Columns of the bar of progress."""
FIGURES = (
    ("mIoU19", "mIoU19", "miou19"),
    ("mIoU20", "mIoU20", "miou20"),
    ("pixel accuracy", "acc.", "pixel_accuracy"),
    ("boundary", "bound.", "boundary_miou19"),
    ("calibration error", "cal.", "ece"),
)
"""What a figure is called where there is room and where there is little, and the field of `Evaluation`."""


LABEL = 22
"""Columns that the name of an evaluation needs."""


def overall_metrics(dataset: str, evaluation: Evaluation, other: Evaluation | None, width: int) -> Text:
    """A heading, then a line for the evaluation, and one for the other where two are compared."""
    figures, label_width = _fitting(width)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(" " * label_width + "".join(f"  {word}" for word, _ in figures) + "\n", "dim")
    left_out = f" ! {evaluation.left_out} left out" if evaluation.left_out else ""
    # mIoU20 then counts a class that was never learnt.
    left_out += ", unknown not trained" if evaluation.unknown_ignored else ""
    lines = [(f" {sanitize(dataset)} {sanitize(evaluation.split)}", left_out, evaluation)]
    if other is not None:
        lines.append((f"◆{other.name}", "", other))
    for name, odd, e in lines:
        label = f"{name}, {e.images:,} images{odd}"
        label = label if len(label) <= label_width else f"{name}{odd}"
        text.append(f"{label[:label_width]:<{label_width}}")
        for word, field in figures:
            text.append(f"{percent(getattr(e, field)):>{len(word) + 2}}", "bold" if field == "miou19" else "")
        text.append("\n")
    if other is None and len(figures) < len(FIGURES):
        text.append("".join(f" {word} {percent(getattr(evaluation, field))} " for word, _, field in FIGURES[3:]))
    return text


def _fitting(width: int) -> tuple[list[tuple[str, str]], int]:
    """The figures that fit into a line, with what they are called there, and the width of the label before them."""
    for named in (
        [(long, field) for long, _, field in FIGURES],
        [(short, field) for _, short, field in FIGURES],
        [(short, field) for _, short, field in FIGURES[:3]],
    ):
        label_width = width - sum(len(word) + 2 for word, _ in named) - 1
        if label_width >= LABEL:
            break
    return named, max(1, label_width)


def confusions(e: Evaluation, class_id: int) -> Text:
    """What pixels of a class were taken for, and what was taken for it; shares of the row and of the column."""
    row = e.confusion[class_id]
    column = [r[class_id] for r in e.confusion]
    text = Text(no_wrap=True, overflow="ellipsis")
    for label, counts in (
        (f" {CLASSES[class_id].name} was predicted as  ", row),
        (f" predicted {CLASSES[class_id].name} was in truth  ", column),
    ):
        total = sum(counts)
        text.append(label, "bold")
        order = sorted(range(len(counts)), key=lambda i: -counts[i])[:6]
        shown = [f"{CLASSES[i].name} {100 * counts[i] / total:.1f}" for i in order if total and counts[i]]
        text.append("  ".join(shown) or "nothing")
        text.append("\n")
    return text
