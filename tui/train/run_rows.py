"""A run's two lines in the list: what it is called and how it stands; below, what it trains on, with what, how long."""

from pathlib import Path

from rich.text import Text

from bddseg_tui.core.runs.run_summaries import RunSummary
from bddseg_tui.tui.shared.format import format_duration, percent, state_mark

STYLES = {"running": "bold", "starting": "bold", "failed": "red", "lost": "red", "stopped": "yellow"}
"""How the state of a run is written."""
WIDE = 34
"""Columns of the list beyond which a state is written out."""
OTHER = "≠"
"""Stands before the dataset of a run that is not on the one that is open."""


def run_row(run: RunSummary, root: Path | None, pinned: bool, width: int) -> Text:
    """A run's row in a list of `width` columns.

    Args:
        run: what is known of it.
        root: of the dataset that is open.
        pinned: whether its curves are laid over those of others.
        width: of the list, in columns.
    """
    status = run.status
    share = f" {100 * status.done / status.total:.0f}%" if status.live and status.total else ""
    mark = (state_mark(status.state) if width > WIDE else state_mark(status.state)[:1]) + share
    miou = percent(run.miou19) if run.miou19 is not None else ""
    right = f"{miou:>5} {mark:<{12 if width > WIDE else 6}}"
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("◆ " if pinned else "  ", "bold cyan")
    name = _cut(run.name, width - 3 - len(right))
    text.append(f"{name:<{max(1, width - 3 - len(right))}} ", "bold" if status.live else "")
    text.append(f"{miou:>5} ", "" if run.miou19 is not None else "dim")
    text.append(mark, STYLES.get(status.state, ""))
    return text.append("\n").append_text(_about(run, root, width))


def _about(run: RunSummary, root: Path | None, width: int) -> Text:
    """Dataset, encoder and size as far as there is room, and the time at the end."""
    other = run.dataset != root
    time = format_duration(run.seconds) if run.seconds is not None else ""
    if width <= WIDE:
        # The larger unit alone.
        time = " ".join(time.split()[:2])
    room = width - 4 - len(time) - (2 if other else 0)
    size = f"{run.size[0]}×{run.size[1]}" if any(run.size) else ""
    parts = [part for part in (run.dataset_name, run.encoder, size) if part]
    while len(parts) > 1 and len(" ".join(parts)) > room:
        parts.pop()
    about = _cut(" ".join(parts), room)
    text = Text("  ", no_wrap=True, style="dim")
    if other:
        text.append(f"{OTHER} ", "not dim yellow")
    return text.append(f"{about:<{max(0, room)}}  {time}")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 1)] + "…"
