"""What the Train pane says of a run: its row in the list and, above its curves, how it stands and how good it is."""

from rich.text import Text

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import format_duration, percent, state_mark

STYLES = {"running": "bold", "starting": "bold", "failed": "red", "lost": "red", "stopped": "yellow"}
"""How the state of a run is written."""
WIDE = 34
"""Columns of the list beyond which a state is written out."""


def run_row(name: str, status: Status, pinned: bool, width: int) -> Text:
    """A run's row in a list of `width` columns: its name, cut to the room there is, and its state."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("◆ " if pinned else "  ", "bold cyan")
    share = f" {100 * status.done / status.total:.0f}%" if status.live and status.total else ""
    mark = (state_mark(status.state) if width > WIDE else state_mark(status.state)[0]) + share
    room = max(8, width - 5 - max(14 if width > WIDE else 6, len(mark)))
    text.append(f"{name[:room]:<{room}} ", "bold" if status.live else "")
    text.append(mark, STYLES.get(status.state, ""))
    return text


def summary_text(status: Status, history: History, details: RunDetails | None) -> Text:
    """Three lines: state and time left; speed, memory and rate; the last and the best epoch.

    `details` are None for as long as they have not been read.
    """
    facts, text = status.facts, Text(no_wrap=True, overflow="ellipsis")
    text.append(f" {state_mark(status.state)} ", STYLES.get(status.state, "bold"))
    if status.live:
        text.append(f"{status.phase} ")
    if status.total:
        text.append(f"{status.done:,}/{status.total:,} ")
    if status.live and status.phase == "train" and facts.get("seconds_left"):
        text.append(f" {format_duration(float(facts['seconds_left']))} left")
    if status.message:
        text.append(f" {status.message}")
    if details and details.jobs:
        text.append(f"  ▶ {_jobs(details)}" + ("" if status.live else "  s stops it"), "bold")
    elif details and status.state in ("failed", "lost", "stopped"):
        text.append("  r resumes it" if details.checkpoints else "  x deletes it, n starts another", "dim")
    about = (details.problem or f"{details.dataset.rpartition('/')[2]}, {details.preset}") if details else ""
    text.append(f"\n {about}", "dim")
    if facts.get("device"):
        text.append(f", {sanitize(str(facts['device']))} {sanitize(str(facts.get('precision', '')))}", "dim")
    if (last := history.last) is not None:
        gpu = f"  GPU {last.gpu_percent:.0f} %" if last.gpu_percent is not None else ""
        text.append(f"  {last.images_per_s:.1f} images/s  {last.memory:,.0f} MiB{gpu}  lr {last.lr:.2e}")
    if history.left_out.count:
        text.append(f"  ! {history.left_out.tell('event', 'it')}", "red")
    text.append("\n ")
    if history.epochs:
        e, best = history.epochs[-1], history.best
        text.append(
            f"epoch {e.epoch}: pixel accuracy {percent(e.pixel_accuracy)}  "
            f"mIoU19 {percent(e.miou19)}  mIoU20 {percent(e.miou20)}"
        )
        if best:
            text.append(f"  best {percent(best.miou19)} at epoch {best.epoch}", "bold")
    return text


def _jobs(details: RunDetails) -> str:
    """What uses the run just now."""
    return ", ".join(
        f"{job.kind} {sanitize(job.folder.name)}"
        + (f" {job.status.done:,}/{job.status.total:,}" if job.status.total else "")
        for job in details.jobs
    )
