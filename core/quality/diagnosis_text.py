"""A diagnosis as plain text, for a terminal and for a bug report: it holds no path and nothing but ASCII marks."""

import textwrap
from collections.abc import Sequence

from bddseg_tui.core.analysis.class_details import SIZE_LIMITS
from bddseg_tui.core.quality.class_parts import Part
from bddseg_tui.core.quality.diagnosis import ClassDiagnosis, Diagnosis

NAME = 14
"""Columns of a class's name."""


def diagnosis_lines(found: Diagnosis, width: int = 100, parts: bool = False) -> list[str]:
    """The whole of it, worst class first, in lines of at most `width` columns; with `parts` also the tables."""
    lines = [
        f"{found.evaluation}: {found.images:,} images of {found.split}",
        *textwrap.wrap(f"model: {found.about}", width, subsequent_indent="       "),
        means_line(found),
        "",
        f"{'class':<{NAME}} {'IoU':>5} {'image':>5}  why",
    ]
    indent = NAME + 14
    for c in worst_first(found):
        words = textwrap.wrap(c.line, max(24, width - indent))
        lines.append(f"{c.name:<{NAME}} {percent(c.iou):>5} {percent(c.iou_per_image):>5}  {words[0]}")
        lines += [" " * indent + line for line in words[1:]]
    if parts:
        for c in worst_first(found):
            if table := part_lines(c):
                lines += ["", f"{c.name}: {class_facts(c)}", *table]
    lines += ["", *(line for note in notes(found) for line in textwrap.wrap(note, width, subsequent_indent="  "))]
    return lines if lines[-1] else lines[:-1]


def means_line(found: Diagnosis) -> str:
    """The three means of IoU, each by what it is a mean of."""
    return (
        f"mIoU19 {percent(found.miou_pooled)} pooled, {percent(found.miou_per_image)} mean by image, "
        f"{percent(found.miou_per_class)} by class and image"
    )


def class_facts(c: ClassDiagnosis) -> str:
    """What is known of a class beside its reasons, in one line."""
    facts = [f"IoU {percent(c.iou)} pooled, {percent(c.iou_per_image)} mean by image", f"in {c.images:,} images"]
    if c.train_images is not None:
        facts.append(f"in {c.train_images:,} of train")
    if c.kept_iou is not None:
        facts.append(f"label at the model's size {percent(c.kept_iou)}")
    if c.offset_px is not None:
        facts.append(f"boundary {c.offset_px:+.1f} px")
    return ", ".join(facts)


def part_lines(c: ClassDiagnosis) -> list[str]:
    """Recall and IoU by size of object, by height in the image and by brightness, side by side in 79 columns."""
    blocks = [b for b in (_block(*named) for named in _named_parts(c)) if b]
    height = max((len(b) for b in blocks), default=0)
    padded = [[*b, *[" " * len(b[0])] * (height - len(b))] for b in blocks]
    return ["  ".join(cells).rstrip() for cells in zip(*padded, strict=True)]


def notes(found: Diagnosis) -> list[str]:
    """What the figures rest on, and what could not be said."""
    limits = ", ".join(f"{100 * limit:g}" for limit in SIZE_LIMITS)
    sizes = f"Sizes: tiny, small, medium and large objects are told apart at {limits} % of the image's pixels."
    told = [sizes] if any(c.by_size for c in found.classes) else []
    return [*told, *([found.estimate] if found.estimate else []), *(f"not known: {m}" for m in found.missing)]


def worst_first(found: Diagnosis) -> list[ClassDiagnosis]:
    """The classes by IoU, those that have none last."""
    return sorted(found.classes, key=lambda c: (c.findings[0].kind == "absent", c.iou is None, c.iou or 0.0))


def percent(value: float | None) -> str:
    """A fraction as percent; a dash where it is undefined."""
    return "-" if value is None else f"{100 * value:.1f}"


def _named_parts(c: ClassDiagnosis) -> list[tuple[str, Sequence[Part]]]:
    return [("by size", c.by_size), ("from the bottom", c.by_height), ("by brightness", c.by_brightness)]


def _block(name: str, parts: Sequence[Part]) -> list[str]:
    if not parts:
        return []
    room = max(len(name), *(len(p.name) for p in parts))
    head = f"{name:<{room}} {'rec.':>5} {'IoU':>5}"
    return [head, *(f"{p.name:<{room}} {percent(p.recall):>5} {percent(p.iou):>5}" for p in parts)]
