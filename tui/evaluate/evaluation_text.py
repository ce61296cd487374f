"""An evaluation in words: its overall figures, and what one class is confused with."""

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.tui.shared.format import percent, state_mark

NOTHING = Text(
    " An evaluation measures a run's checkpoint on a split,\n at the images' own resolution.\n n makes one.",
    style="dim",
)


def waiting(name: str, status: Status, problem: str = "") -> Text:
    """An evaluation that has no figures: what its job does, why it ended, or why they cannot be read."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f" {name}: {state_mark(status.state)} {status.phase} {status.done:,}/{status.total:,}\n", "bold")
    return text.append(f" {problem or status.message or 'figures come when all images are done'}")


def overall(dataset: str, evaluation: Evaluation, other: Evaluation | None) -> Text:
    """The overall figures in two lines, or in one each with those of the evaluation that it is compared with."""
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
