"""What the Train pane says of a run above its curves: how it stands, how fast it is, and how good."""

from rich.text import Text

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.format import format_duration, percent, state_mark

STYLES = {"running": "bold", "starting": "bold", "failed": "red", "lost": "red", "stopped": "yellow"}
"""How the state of a run is written."""


def summary_text(run: Run, status: Status, history: History, jobs: tuple[str, ...] = ()) -> Text:
    """Three lines: state and time left; speed, memory and rate; the last and the best epoch."""
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
    if jobs:
        text.append(f"  ▶ {', '.join(jobs)}" + ("" if status.live else "  s stops it"), "bold")
    elif status.state in ("failed", "lost", "stopped"):
        text.append("  r resumes it" if run.checkpoints() else "  x deletes it, n starts another", "dim")
    about = run.problem or f"{sanitize_path(run.dataset.name)}, {run.preset}"
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
