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
        text.append(bar, "reverse bold" if number == place else "")
    behind = len(epochs) - 1 - place
    if behind:
        text.append(f"  {behind} more →", "dim")
    elif status.live:
        text.append("  following: the next epoch comes by itself", "dim")
    return text


def class_line(shares: Sequence[float], highlight: int | None) -> Text:
    """The classes of an image, those with most pixels first: colour, name, and share in percent."""
    text = Text()
    for index in sorted((i for i, value in enumerate(shares) if value), key=lambda i: -shares[i]):
        chosen = index == highlight
        text.append("▶" if chosen else " ", "bold")
        text.append("██", "rgb({},{},{})".format(*CLASSES[index].color))
        text.append(f" {CLASSES[index].name}".replace(" ", "\xa0"), "bold reverse" if chosen else "")
        text.append(f"\xa0{share(shares[index])}% ", "dim")
    return text


def none_yet(status: Status, has_images: bool) -> str:
    """Why there is nothing to see."""
    if status.live:
        return "the first predictions come when the first epoch is done"
    if has_images:
        return "the run ended before its first epoch was done: r resumes it"
    return "this run has kept no predictions: it was made with samples=0, has no validation images, or is an older one"
