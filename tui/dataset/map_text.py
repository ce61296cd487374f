"""The words about a map: its title, what its colours are, and what they may be."""

from dataclasses import dataclass

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.measure_kinds import MEASURES
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.retrieval.map_record import MapRecord
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.dataset.map_plot import ShownMap
from bddseg_tui.tui.shared.format import format_duration

NO_MAP = "There is no map of this dataset yet. b makes one of the index, in a minute or some."


@dataclass(frozen=True, eq=False)
class MapRead:
    """What a thread has read: the map, None where there is none; what it says of itself, and the job that makes it."""

    shown: ShownMap | None
    record: MapRecord | None
    status: Status | None
    images: int


def title_text(read: MapRead, now: float) -> str:
    """What is shown, or why nothing is; `now` is in seconds since the epoch."""
    status, record, shown = read.status, read.record, read.shown
    if status is not None and status.live:
        return f"map: {status.phase or status.state} …"
    if status is not None and status.state == "failed":
        return f"map: {sanitize(status.message)}  (b tries again)"
    if shown is None:
        return "map: none yet"
    count = len(shown.points.ids)
    about = f"map of {count:,} images" if count == read.images else f"map of {count:,} of {read.images:,} images"
    if record is not None:
        about += f" by {sanitize(record.model)}, {format_duration(max(0.0, now - record.built))} old"
        about += "" if record.current else "; the index has changed since: b adds what is new"
    return about


def color_choices(measured: tuple[str, ...], of_evaluation: bool) -> list[tuple[str, str]]:
    """What a map may be coloured by, in words and as `map_colors` takes it."""
    choices = [("split", "split"), ("tag", "tag")]
    choices += [
        (f"{kind.meaning} ({name})", name)
        for name, kind in MEASURES.items()
        if name in measured and not name.startswith("map-")
    ]
    if of_evaluation:
        figures = ("iou", "biou", "accuracy", "confidence", "brightness")
        choices += [(f"{figure} of the chosen evaluation", figure) for figure in figures]
    return choices + [(f"share of {c.name}", c.slug) for c in CLASSES]


def legend_text(shown: ShownMap, by: str) -> Text:
    """A line a group; the one that stands out is marked."""
    colors = shown.colors
    text = Text(f"colour: {sanitize(by)}", style="bold", no_wrap=True, overflow="ellipsis")
    widest = max(len(f"{count:,}") for count in colors.counts)
    for group, (name, count) in enumerate(zip(colors.names, colors.counts, strict=True)):
        mark = "▸" if shown.only == group else " "
        text.append(f"\n{mark}", "bold")
        text.append("⣿⣿ ", shown.color(group))
        text.append(f"{count:>{widest},} {sanitize(name)}", "bold" if shown.only == group else "not bold")
    return text
