"""What commands print: lines, JSON, notes beside them, progress bars."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bddseg_tui.core.sanitize import sanitize, sanitize_lines
from bddseg_tui.tui.cli.loudness import LOG, is_quiet
from bddseg_tui.tui.shared.format import percent

SCHEMA = 1
"""Version of what `--json` prints: it changes when a field is taken away, or comes to mean something else."""


def say(text: str = "") -> None:
    """Prints lines for a person on standard output."""
    print(sanitize_lines(text), flush=True)


def write(text: str) -> None:
    """Prints a piece of a line."""
    sys.stdout.write(sanitize(text))
    sys.stdout.flush()


def note(text: str) -> None:
    """Says something beside the output, on standard error: not with `-q`."""
    LOG.info("%s", text)


def warn(text: str) -> None:
    """Says in the same way what a person should know."""
    LOG.warning("warning: %s", text)


def detail(text: str) -> None:
    """Says in the same way what is of interest with `-v` alone."""
    LOG.debug("%s", text)


def tell(as_json: bool, text: str, facts: Mapping[str, Any]) -> None:
    """Says what was done: as a line for a person, or as JSON (one of `json_output`)."""
    if as_json:
        print_json(facts)
    else:
        say(text)


def print_json(value: Any) -> None:
    """Prints one of `json_output`, with its version; in ASCII, which no terminal obeys. What is not finite is null."""
    from bddseg_tui.core.files.records import plain

    text = [versioned(item) for item in value] if isinstance(value, list) else versioned(value)
    print(json.dumps(plain(text), indent=2, allow_nan=False), flush=True)


def versioned(item: Mapping[str, Any]) -> dict[str, Any]:
    """An object with the version of what `--json` prints."""
    return {"schema": SCHEMA, **item}


@contextmanager
def progress(label: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with rate and time left on standard error; one line at the end where that is no terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    from bddseg_tui.tui.cli.console import console as safe_console

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f} {unit}/s" if task.speed else "")

    console = safe_console(stderr=True, quiet=is_quiet())
    if not console.is_terminal or is_quiet():
        last = [0, 0]

        def remember(done: int, total: int) -> None:
            last[:] = done, total

        yield remember
        note(f"{label}: {last[0]:,} of {last[1]:,} {unit}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


def overall(accuracy: float | None, miou19: float | None, miou20: float | None, unknown_ignored: bool = False) -> str:
    """The overall figures in one line; where a run was not trained on unknown, mIoU20 says so."""
    figures = {"pixel accuracy": accuracy, "mIoU19": miou19, "mIoU20": miou20}
    line = "  ".join(f"{name} {percent(value, 2)} %" for name, value in figures.items())
    return f"{line} (unknown was ignored in training)" if unknown_ignored else line
