"""How the Dataset pane looks at a sample, and what it says about it."""

from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.filter_language import FIGURES
from bddseg_tui.core.data.pictures import VIEWS, PictureRequest, View
from bddseg_tui.core.sanitize import sanitize


@dataclass(frozen=True)
class Look:
    """How samples are looked at; stays from sample to sample."""

    view: View = "image"
    opacity: float = 0.5
    highlight: int | None = None


def request(row: Row, look: Look) -> PictureRequest:
    """What is to be drawn for a sample."""
    return PictureRequest(row.image, row.mask, row.prediction, look.view, look.opacity, look.highlight)


def caption(row: Row, look: Look) -> str:
    """One line about the sample and how it is shown."""
    how = f"{look.view} {100 * look.opacity:.0f} %" if look.view == "overlay" else look.view
    parts = [how, sanitize(row.name)]
    if look.highlight is not None:
        parts.insert(1, f"only {look.highlight} {CLASSES[look.highlight].name}")
    for figure, label in (("iou", "IoU"), ("biou", "boundary"), ("confidence", "sure")):
        if (value := row.figures.get(figure)) is not None:
            parts.append(f"{label} {100 * value:.1f}")
    if row.problem:
        parts.append(f"! {row.problem}")
    if row.tags:
        parts.append(" ".join("#" + sanitize(t) for t in row.tags))
    return "  ".join(parts)


def views(evaluated: bool) -> tuple[View, ...]:
    """The views that there are, with predictions or without."""
    return VIEWS if evaluated else VIEWS[:3]


def highlight_after(highlight: int | None, row: Row | None, by: int) -> int | None:
    """The class to highlight after this one, among those that the sample shows; None for all."""
    there = [i for i in range(NUM_CLASSES) if row and row.share(i)] or list(range(NUM_CLASSES))
    if highlight not in there:
        return there[0 if by > 0 else -1]
    place = there.index(highlight) + by
    return there[place] if 0 <= place < len(there) else None


def sort_choices() -> list[tuple[str, str]]:
    """(what a person reads, the filter's `sort:` value) of every order."""
    choices = [("name", "name")]
    for figure in FIGURES:
        choices += [
            (f"{figure} of the chosen evaluation, lowest first", figure),
            (f"{figure}, highest first", f"-{figure}"),
        ]
    return choices + [(f"{c.id:>2} {c.name}: most first", f"-{c.slug}") for c in CLASSES]
