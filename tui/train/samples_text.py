"""The lines beside the pictures of a run's predictions by epoch."""

from collections.abc import Sequence

from rich.text import Text

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.jobs.job import Status
from bddseg_tui.core.runs.samples import SampleEpoch, SampleImage
from bddseg_tui.tui.shared.format import percent, share

_BARS = "▁▂▃▄▅▆▇█"


def title_line(run: str, image: SampleImage | None, images: int | None) -> Text:
    """The run, and which of its images is shown."""
    text = Text(f"{run}  predictions by epoch", "bold", no_wrap=True, overflow="ellipsis")
    if image is not None:
        text.append(f"   image {image.number} of {images}  {image.name}", "not bold")
    return text


def epoch_line(epochs: Sequence[SampleEpoch], place: int, image: int, status: Status) -> Text:
    """The epoch that is shown, how good it is, and the image's right pixels in all epochs as bars."""
    epoch = epochs[place]
    total = status.facts.get("epochs")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"epoch {epoch.epoch}" + (f" of {total}" if total else ""), "bold")
    text.append(f"  mIoU {percent(epoch.miou19)}  right here {percent(epoch.accuracy.get(image))} %  ")
    for number, other in enumerate(epochs):
        right = other.accuracy.get(image)
        bar = _BARS[min(7, int(8 * right))] if right is not None else "·"
        text.append(bar, "bold" if number == place else "dim")
    behind = len(epochs) - 1 - place
    if behind:
        text.append(f"  {behind} more →", "dim")
    elif status.live:
        text.append("  following: the next epoch comes by itself", "dim")
    return text


def class_lines(shares: Sequence[float], highlight: int | None, width: int, lines: int = 2) -> Text:
    """The classes of an image, those with most pixels first: colour, name, and share in percent.

    No entry is broken; where not all fit into the lines, it is told how many are left out.
    """
    there = sorted((i for i, value in enumerate(shares) if value), key=lambda i: -shares[i])
    entries = [_entry(i, shares[i], i == highlight) for i in there]
    text, line, used = Text(no_wrap=True), 1, 0
    for number, entry in enumerate(entries):
        more = f" +{len(entries) - number}"
        last = line == lines
        room = width - (len(more) if last and number < len(entries) - 1 else 0)
        if used + entry.cell_len > room:
            if last:
                return text.append(more, "dim")
            text.append("\n")
            line, used = line + 1, 0
        text.append_text(entry)
        used += entry.cell_len
    return text


def _entry(class_id: int, percentage: float, chosen: bool) -> Text:
    text = Text("▶" if chosen else " ", "bold")
    text.append("██", "not bold rgb({},{},{})".format(*CLASSES[class_id].color))
    text.append(f" {CLASSES[class_id].name}", "bold underline" if chosen else "not bold")
    return text.append(f" {share(percentage)}% ", "not bold dim")


def none_yet(status: Status, has_images: bool) -> str:
    """Why there is nothing to see."""
    if status.live:
        return "the first predictions come when the first epoch is done"
    if has_images:
        return "the run ended before its first epoch was done: r resumes it"
    return "this run has kept no predictions: it was made with samples=0, has no validation images, or is an older one"
