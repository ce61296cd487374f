"""Following a job on the command line: a progress bar in a terminal, plain lines elsewhere."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from core.errors import BddsegError
from core.events import Event, EventTail
from core.job import Status, read_status
from core.sanitize import sanitize
from tui.cli.console import console as safe_console
from tui.cli.tables import epoch_line
from tui.figures import format_duration

QUIET_REPORT_S = 10.0


def follow(folder: Path, label: str) -> Status:
    """Shows a job until it ends; returns its last status.

    Interrupting it (Ctrl+C) leaves the job running.

    Raises:
        BddsegError: the job failed or was lost; the message is the job's own.
    """
    console = safe_console(stderr=True)
    tail = EventTail(folder / "events.jsonl")
    # An earlier attempt's events are history, not news.
    tail.read()
    show = _Bar(console, label) if console.is_terminal else _Lines(console, label)
    with show:
        while True:
            status = read_status(folder)
            for event in tail.read():
                _tell(console, event, status)
            show.update(status)
            if not status.live:
                break
            time.sleep(0.2)
        for event in tail.read():
            _tell(console, event, status)
    if status.state in ("failed", "lost"):
        raise BddsegError(f"{label} {status.state}: {status.message}")
    return status


def _tell(console: Console, e: Event, status: Status) -> None:
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
    elif e["kind"] in ("start", "resume") and "parameters" in e:
        console.print(
            f"{e['kind']}: {e['train_images']:,} training and {e['val_images']:,} validation images, "
            f"{e['parameters'] / 1e6:.1f} M parameters, {e['device']} in {e['precision']}",
            markup=False,
            soft_wrap=True,
        )


def describe(status: Status) -> str:
    """What a job is doing, in one line."""
    words = [status.phase or status.state]
    if status.total:
        words.append(f"{status.done:,}/{status.total:,}")
    if (left := status.facts.get("seconds_left")) is not None and status.phase == "train":
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
        if status.phase != phase or time.monotonic() - when > QUIET_REPORT_S:
            self._said = (status.phase, time.monotonic())
            self._console.print(f"{self._label}: {describe(status)}", markup=False, soft_wrap=True)
