"""An evaluation in words: its row in the list, its overall metrics, and what one class is confused with."""

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.evaluation_states import EvaluationState
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import percent, state_mark

NOTHING = Text(
    " An evaluation measures a run's checkpoint on a split,\n at the images' own resolution.\n n makes one.",
    style="dim",
)


def evaluation_row(state: EvaluationState, compared: bool, width: int) -> Text:
    """An evaluation's row in a list of `width` columns: its name, cut to the room there is, and mIoU19 or state."""
    text, status = Text(no_wrap=True, overflow="ellipsis"), state.status
    text.append("◆ " if compared else "  ", "bold cyan")
    room = max(10, width - 11)
    text.append(f"{sanitize(state.name)[:room]:<{room}} ")
    if status.live:
        share = f" {100 * status.done / status.total:.0f}%" if status.total else ""
        text.append(f"▶{share}", "bold")
    elif state.result:
        text.append(percent(state.result.miou19), "bold")
    else:
        text.append("✗ damaged" if state.problem else state_mark(status.state), "red")
    return text


def summary(state: EvaluationState | None, other: Evaluation | None) -> Text:
    """An evaluation's overall metrics beside those of the one that it is compared with, or why there are none."""
    if state is None:
        return NOTHING
    if state.result is None:
        return _waiting(state)
    return overall_metrics(state.dataset.rpartition("/")[2], state.result, other)


def _waiting(state: EvaluationState) -> Text:
    """An evaluation without metrics: what its job does, why it ended, or why they cannot be read."""
    text, status = Text(no_wrap=True, overflow="ellipsis"), state.status
    text.append(f" {state.name}: {state_mark(status.state)} {status.phase} {status.done:,}/{status.total:,}\n", "bold")
    return text.append(f" {state.problem or status.message or 'figures come when all images are done'}")


def overall_metrics(dataset: str, evaluation: Evaluation, other: Evaluation | None) -> Text:
    """Two lines, or one for each of the two that are compared."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for e, label in ((evaluation, f" {dataset}"), (other, f"◆{other.name}" if other else "")):
        if e is not None:
            text.append(f"{label}, {e.images:,} images", "dim" if e is other else "")
            text.append(f"  mIoU19 {percent(e.miou19)}", "bold")
            text.append(f"  mIoU20 {percent(e.miou20)}")
            text.append(f"  ! {e.left_out} left out" if e.left_out else "")
            text.append("  " if other else "\n ")
            text.append(f"pixel accuracy {percent(e.pixel_accuracy)}")
            if e.boundary_miou19 is not None:
                text.append(f"  boundary {percent(e.boundary_miou19)}  calibration error {percent(e.ece)}")
            text.append("\n")
    return text


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
