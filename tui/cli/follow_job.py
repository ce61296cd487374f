"""Following a job on the command line: a progress bar in a terminal, plain lines elsewhere."""

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import SECONDS_LEFT, Status
from bddseg_tui.core.jobs.run_events import Event
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.workspace.workspace import open_workspace
from bddseg_tui.tui.cli.console import console as safe_console
from bddseg_tui.tui.cli.loudness import is_quiet
from bddseg_tui.tui.cli.output import detail, note
from bddseg_tui.tui.cli.tables import epoch_line
from bddseg_tui.tui.shared.format import format_duration

QUIET_REPORT_S = 10.0


def start_and_follow(engine: Engine, start: Callable[[], Path], label: str) -> tuple[Path, Status]:
    """Starts a job and shows it until it ends; returns its folder and its last status.

    Ctrl+C leaves the job running: it is told how to look at it and how to stop it.

    Raises:
        BddsegError: the job cannot be started, failed or was lost; the message is the job's own.
        typer.Exit: Ctrl+C; the exit code is 130.
    """
    before = {job.folder for job in engine.runs.jobs()}
    folder = None
    try:
        folder = start()
        return folder, follow(engine, folder, label)
    except KeyboardInterrupt:
        # It may have come while the job was being started.
        left = [
            job for job in engine.runs.jobs() if job.folder == folder or (folder is None and job.folder not in before)
        ]
        note("")
        for job in left:
            note(goes_on(engine, job.name))
        if not left:
            note(f"{label}: interrupted; no job is left running")
        raise typer.Exit(130) from None


def follow_training(engine: Engine, run: Run) -> None:
    """Shows a training run that has been started until it ends, and says how it ended."""
    _, status = start_and_follow(engine, lambda: run.folder, run.name)
    note(f"{run.name} {status.state}")


def wait_until_it_trains(engine: Engine, run: Run) -> str:
    """Waits until a run that was started is at work: missing weights or a wrong device show themselves in seconds.

    Returns what is to be added to what is said of it: its place in the queue, if it waits there.

    Raises:
        BddsegError: it failed, or its process is gone.
    """
    status = engine.runs.wait(run.folder, until=lambda s: s.phase in ("cache", "train", "validate") or _waits(s))
    expect_alive(status, run.name)
    return f": {status.message}" if _waits(status) else ""


def _waits(status: Status) -> bool:
    """Whether a run has found that the device it wants is in use."""
    return status.state == "queued" and bool(status.message)


def expect_alive(status: Status, label: str) -> None:
    """Raises BddsegError where a job failed, or its process is gone; the message is the job's own."""
    if status.state in ("failed", "lost"):
        raise BddsegError(f"{label} {status.state}: {status.message}")


def expect_finished(status: Status, label: str) -> None:
    """Raises BddsegError where a job was stopped from elsewhere before it was done."""
    if status.state != "finished":
        raise BddsegError(f"{label} {status.state}: the same command goes on or starts again")


def goes_on(engine: Engine, name: str) -> str:
    """What to say of a job that is left running."""
    root = engine.workspace.root
    where = "" if root == open_workspace().root else f" --workspace {shlex.quote(sanitize_path(root))}"
    return (
        f"{sanitize(name)} goes on without this terminal: `bddseg-tui jobs{where}` shows it, "
        f"`bddseg-tui stop {shlex.quote(sanitize(name))}{where}` ends it"
    )


def follow(engine: Engine, folder: Path, label: str) -> Status:
    """Shows a job until it ends; returns its last status.

    Raises:
        BddsegError: the job failed or was lost; the message is the job's own.
    """
    console = safe_console(stderr=True, quiet=is_quiet())
    tail = engine.runs.events(folder)
    # An earlier attempt's events are history, not news.
    tail.read()
    show = _Bar(console, label) if console.is_terminal else _Lines(console, label)
    with show:
        while True:
            status = engine.runs.status(folder)
            for event in tail.read():
                print_event(console, event, status)
            show.update(status)
            if not status.live:
                break
            time.sleep(0.2)
        for event in tail.read():
            print_event(console, event, status)
    if status.state != "finished":
        detail(f"{sanitize_path(folder)} ends with:\n{engine.runs.log(folder)}")
    expect_alive(status, label)
    return status


def print_event(console: Console, e: Event, status: Status) -> None:
    """Prints what a person who follows a job wants to read: epochs, warnings, and how it began."""
    if e["kind"] == "epoch":
        figures = (
            *(e.get("train_loss"), e.get("val_loss")),
            *(e.get("pixel_accuracy"), e.get("miou19"), e.get("miou20")),
        )
        console.print(epoch_line(e["epoch"], status.facts.get("epochs"), *figures), markup=False, soft_wrap=True)
    elif e["kind"] == "warning":
        console.print(f"warning: {sanitize(str(e.get('message')))}", markup=False, soft_wrap=True)
        for line in e.get("files", [])[:3]:
            console.print(f"  {sanitize(str(line))}", markup=False, soft_wrap=True)
    elif (e["kind"] == "start" or e["kind"] == "resume") and (parameters := e.get("parameters")):
        excluded = f" (not {n:,} more)" if (n := e.get("excluded_images", 0)) else ""
        excluded += f" (confirmed errors ignored in {n:,})" if (n := e.get("corrected_images", 0)) else ""
        images = f"{e.get('train_images', 0):,}{excluded} training and {e.get('val_images', 0):,} validation images"
        console.print(
            f"{e['kind']}: {images}, "
            f"{parameters / 1e6:.1f} M parameters, {e.get('device', '?')} in {e.get('precision', '?')}",
            markup=False,
            soft_wrap=True,
        )


def describe(status: Status) -> str:
    """What a job is doing, in one line."""
    words = [status.phase or status.state]
    if status.state == "queued" and status.message:
        words.append(status.message)
    if status.total:
        words.append(f"{status.done:,}/{status.total:,}")
    if status.live and (left := status.facts.get(SECONDS_LEFT)) is not None:
        words.append(f"{format_duration(left)} left")
    return "  ".join(words)


class _Bar:
    """A Rich progress bar over a job's status."""

    def __init__(self, console: Console, label: str) -> None:
        self._bars = Progress(
            TextColumn("{task.fields[label]}", markup=False),
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
        )
        self._task = self._bars.add_task("", total=None, label=label)

    def __enter__(self) -> "_Bar":
        self._bars.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._bars.stop()

    def update(self, status: Status) -> None:
        self._bars.update(self._task, completed=status.done, total=status.total or None, description=describe(status))


class _Lines:
    """A plain line now and then: for logs and pipes."""

    def __init__(self, console: Console, label: str) -> None:
        self._console, self._label, self._said = console, label, ("", 0.0)

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def update(self, status: Status) -> None:
        phase, when = self._said
        if (status.phase or status.message) != phase or time.monotonic() - when > QUIET_REPORT_S:
            self._said = (status.phase or status.message, time.monotonic())
            self._console.print(f"{self._label}: {describe(status)}", markup=False, soft_wrap=True)
