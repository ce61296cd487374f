"""Tables of runs, classes and evaluations for the command line."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from bddseg_tui.core.jobs.job import SECONDS_LEFT
from bddseg_tui.core.runs.best_epoch import Best
from bddseg_tui.core.runs.history import ClassScore, History
from bddseg_tui.core.runs.job_list import Job
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.run_states import RunState
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.cli.console import console as safe_console
from bddseg_tui.tui.shared.format import format_duration, percent, progress, state_mark


def class_table(classes: Sequence[ClassScore], title: str) -> Table:
    """Per class: IoU, precision, recall and percentage, all in percent."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("id", "class"):
        table.add_column(name, justify="right" if name == "id" else "left")
    for name in ("IoU", "precision", "recall", "% of pixels"):
        table.add_column(name, justify="right")
    for c in classes:
        table.add_row(str(c.id), c.name, percent(c.iou), percent(c.precision), percent(c.recall), f"{c.percentage:.3f}")
    return table


def runs_table(runs: Sequence[RunState], best_epochs: Mapping[str, Best | None]) -> Table:
    """Every run with its state and best epoch."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("run", "left"),
        ("state", "left"),
        ("progress", "right"),
        ("best mIoU19", "right"),
        ("dataset", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for run, status in ((s.run, s.status) for s in runs):
        best = best_epochs.get(run.name)
        share = progress(status.done, status.total) or "-"
        left = status.facts.get(SECONDS_LEFT)
        if status.live and left:
            share += f" ({format_duration(left)} left)"
        table.add_row(
            run.name,
            state_mark(status.state),
            share,
            f"{percent(best.miou19)} (epoch {best.epoch})" if best else "-",
            run.shown_dataset,
        )
    return table


def jobs_table(jobs: Sequence[Job]) -> Table:
    """Every job with what it does, how far it is and which process it is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("job", "state", "phase"):
        table.add_column(name, no_wrap=True)
    for name in ("progress", "left", "process"):
        table.add_column(name, justify="right")
    table.add_column("folder", overflow="fold")
    for job in jobs:
        status = job.status
        left = status.facts.get(SECONDS_LEFT) if status.live else None
        table.add_row(
            job.name,
            state_mark(status.state),
            status.phase,
            f"{status.done:,}/{status.total:,}" if status.total else "-",
            format_duration(left) if left is not None else "-",
            str(status.process.pid) if status.process and status.live else "-",
            sanitize_path(job.folder),
        )
    return table


def print_run(run: Run, history: History) -> None:
    """One run in full: its state, configuration, epochs and the last per-class table."""
    console = safe_console()
    status = run.status
    console.print(f"{run.name}: {state_mark(status.state)} {status.message}", markup=False, soft_wrap=True)
    console.print(f"dataset {run.shown_dataset}\nfolder  {sanitize_path(run.folder)}", markup=False, soft_wrap=True)
    console.print(
        ", ".join(f"{sanitize(str(k))} {sanitize(str(v))}" for k, v in run.spec["train"].items()), markup=False
    )
    for e in history.epochs:
        console.print(
            epoch_line(e.epoch, None, e.train_loss, e.val_loss, e.pixel_accuracy, e.miou19, e.miou20), markup=False
        )
    if history.epochs and history.epochs[-1].classes:
        console.print(
            class_table(history.epochs[-1].classes, f"epoch {history.epochs[-1].epoch}, at the training size")
        )


def epoch_line(
    epoch: int,
    epochs: int | None,
    train: float | None,
    val: float | None,
    accuracy: float | None,
    miou19: float | None,
    miou20: float | None,
) -> str:
    """An epoch's figures in one line."""
    of = f"/{epochs}" if epochs else ""
    return (
        f"epoch {epoch}{of}  train loss {_loss(train)}  val loss {_loss(val)}  "
        f"pixel accuracy {percent(accuracy)} %  mIoU19 {percent(miou19)} %  mIoU20 {percent(miou20)} %"
    )


def _loss(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
