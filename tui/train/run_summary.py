"""What the Train pane says of a run above its curves: how it stands, what it is, how good it is."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.run_details import RunDetails
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.shared.format import format_bytes, format_duration, percent, state_mark
from bddseg_tui.tui.train.run_rows import STYLES

MOST_MESSAGE_LINES = 6


@dataclass(frozen=True)
class _Part:
    """A part of a line, and what stands for it where there is little room; without that it goes as a whole."""

    text: str
    short: str = ""
    style: str = ""


def summary_text(status: Status, history: History, details: RunDetails | None, width: int) -> Text:
    """Three lines of at most `width` columns, and below them all that a run has to say that ended before its time.

    `details` are None for as long as they have not been read.
    """
    lines = [_state(status, details), _about(status, history, details)]
    if history.epochs or not status.message:
        lines.append(_quality(history))
    text = Text("\n", no_wrap=True, overflow="ellipsis").join(_fitted(line, width - 1) for line in lines)
    if status.message:
        for line in textwrap.wrap(sanitize(status.message), max(20, width - 2))[:MOST_MESSAGE_LINES]:
            text.append(f"\n {line}", STYLES.get(status.state, "").replace("bold", ""))
    return text


def _state(status: Status, details: RunDetails | None) -> list[_Part]:
    parts = [_Part(f"{state_mark(status.state)} ", style=STYLES.get(status.state, "bold"))]
    if status.live:
        parts.append(_Part(f"{status.phase} "))
    if status.total:
        parts.append(_Part(f"{status.done:,}/{status.total:,} "))
    if status.live and status.phase == "train" and status.facts.get("seconds_left"):
        parts.append(_Part(f" {format_duration(float(status.facts['seconds_left']))} left"))
    if details and details.jobs:
        jobs = ", ".join(
            f"{job.kind} {sanitize(job.folder.name)}"
            + (f" {job.status.done:,}/{job.status.total:,}" if job.status.total else "")
            for job in details.jobs
        )
        parts.append(_Part(f"  ▶ {jobs}" + ("" if status.live else "  s stops it"), f"  ▶ {jobs}", "bold"))
    elif details and status.state in ("failed", "lost", "stopped"):
        parts.append(
            _Part("  r resumes it" if details.checkpoints else "  x deletes it, n starts another", style="dim")
        )
    return parts


def _about(status: Status, history: History, details: RunDetails | None) -> list[_Part]:
    facts, last, parts = status.facts, history.last, list[_Part]()
    if history.left_out.count:
        parts.append(_Part(f"! {history.left_out.tell('event', 'it')}  ", style="red"))
    if details:
        name = details.dataset.rpartition("/")[2]
        parts.append(_Part(details.problem or f"{name}, {details.preset}", details.problem or name, "dim"))
    if facts.get("device"):
        device = sanitize(_devices(facts))
        parts.append(_Part(f", {device} {sanitize(str(facts.get('precision', '')))}", f", {device}", "dim"))
    if last is not None:
        parts.append(_Part(f"  {last.images_per_s:.1f} images/s", f"  {last.images_per_s:.1f}/s"))
        parts.append(_Part(f"  {format_bytes(last.memory * 2**20)}"))
        if last.gpu_percent is not None:
            parts.append(_Part(f"  GPU {last.gpu_percent:.0f} %"))
        parts.append(_Part(f"  lr {last.lr:.2e}"))
    return parts


def _devices(facts: Mapping[str, Any]) -> str:
    """What a run trains on: GPUs as nvidia-smi numbers them, where it said which it has."""
    devices = facts.get("devices")
    names = devices if isinstance(devices, list) else []
    gpus = [name for name in names if isinstance(name, str) and name.startswith("cuda")]
    return ", ".join(gpus) or str(facts["device"])


def _quality(history: History) -> list[_Part]:
    if not history.epochs:
        return []
    e, best = history.epochs[-1], history.best
    parts = [
        _Part(f"epoch {e.epoch}: "),
        _Part(f"pixel accuracy {percent(e.pixel_accuracy)}  ", f"acc {percent(e.pixel_accuracy)}  "),
        _Part(f"mIoU19 {percent(e.miou19)}  ", f"mIoU {percent(e.miou19)}  "),
    ]
    if best:
        short = f"best {percent(best.miou19)} at {best.epoch}"
        parts.append(_Part(f"best {percent(best.miou19)} at epoch {best.epoch}  ", short, "bold"))
    return [*parts, _Part(f"mIoU20 {percent(e.miou20)}")]


def _fitted(parts: list[_Part], width: int) -> Text:
    """The parts, as fully as there is room for: the last ones are shortened first, and left out where they have to."""
    shown = [part.text for part in parts]
    for number in range(len(parts) - 1, 0, -1):
        if sum(map(len, shown)) <= width:
            break
        shown[number] = parts[number].short
    while len(shown) > 1 and sum(map(len, shown)) > width:
        shown.pop()
    text = Text(" ", no_wrap=True, overflow="ellipsis")
    for part, own in zip(parts, shown, strict=False):
        text.append(own, part.style)
    return text
