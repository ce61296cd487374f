"""Why a class's IoU is what it is: each reason that its counts show, in words with the figures that it rests on.

The rules are plain thresholds on what was counted, so that whoever doubts one can look at the figure in its line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.analysis.class_details import THIN_PX, ClassDetails
from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.quality.learning_estimate import ImagesEstimate

Kind = Literal[
    "absent", "untrained", "shifted", "swapped", "never predicted", "taken for", "invented", "labels", "resolution",
    "few images", "too fat", "too thin", "small objects", "far away", "dark images", "fine",
]  # fmt: skip
TAKEN = 0.1
"""Share of a class's pixels from which on it is said what they are taken for."""
INVENTED = 0.2
"""Share of what is predicted as a class from which on it is said what that is in truth."""
THIN_SHARE, THIN_PIXELS = 0.25, 0.15
"""Shares of a class's objects, and of their pixels, that are too thin, from which on it is said."""
KEPT_IOU = 0.9
"""A label that keeps less than this at the model's size and back loses too much there."""
FAT_PX = 0.5
"""Pixels at the model's size by which a boundary is off in the mean, from which on it is said."""
GAP = 0.25
"""How much less is found of one part of a class than of another before it is said."""
SUSPECT_SHARE = 0.01
"""Share of a class's labelled pixels that a model contradicts, from which on its labels are suspect."""
LEAST_PART = 0.05
"""Of a class's pixels: of fewer nothing is said, as they cannot explain its IoU."""
LEAST_PIXELS = 500
"""Parts of a class with fewer pixels are not compared."""


@dataclass(frozen=True)
class Finding:
    """A reason: what kind it is, in words, and the figure that it rests on (a share 0..1, pixels, or images)."""

    kind: Kind
    text: str
    value: float


@dataclass(frozen=True)
class ClassCounts:
    """All that is known of one class.

    Attributes:
        class_id: 0..18.
        split: what was evaluated.
        confusion: int64 [20, 20], pixels by [actual][predicted]; of unknown ones none.
        mapped: for each class, which other one its pixels are called by most; itself or -1 where that is not so.
        details: what older evaluations lack.
        size: (height, width) that the model sees; zeros for each image's own.
        train_images: images of the train split that hold it; None where that is not known.
        estimate: how many would be needed; None where nothing can be said.
        suspect: (areas, share of its labelled pixels) that a model contradicts; None where nobody has looked.
        dark, bright: recall in the third of the images that is darkest, and brightest; NaN where it is not there.
    """

    class_id: int
    split: str
    confusion: NDArray[np.int64]
    mapped: NDArray[np.int64]
    details: ClassDetails | None
    size: tuple[int, int]
    train_images: int | None
    estimate: ImagesEstimate | None
    suspect: tuple[int, float] | None
    dark: float
    bright: float


def class_findings(c: ClassCounts) -> list[Finding]:
    """The reasons, what explains most first; one that says so where none stands out."""
    row, column = c.confusion[c.class_id], c.confusion[:NUM_OFFICIAL, c.class_id]
    found = [Finding("untrained", "no training image shows it", 0.0)] if c.train_images == 0 else []
    if not row.sum():
        invented = f"; {int(column.sum()):,} pixels of others are taken for it" if column.sum() else ""
        text = f"absent from {c.split}: no pixel is labelled so, and its IoU says nothing{invented}"
        return [Finding("absent", text, float(column.sum())), *found]
    found += _wrong_ids(c)
    if not column.sum():
        found.append(Finding("never predicted", f"never predicted, on {int(row.sum()):,} pixels of it", 0.0))
    found += [*_taken(c, row), *_labels(c), *_resolution(c), *_few(c), *_invented(c, column), *_boundary(c)]
    found += [*_small(c), *_far(c), *_dark(c)]
    return found or [Finding("fine", "nothing stands out", 0.0)]


def most_called(confusion: NDArray[np.int64]) -> NDArray[np.int64]:
    """By class (int64 [20]) what more than half of its pixels are predicted as; -1 where there is no such class."""
    totals = confusion.sum(axis=1)
    best = confusion.argmax(axis=1)
    return np.where(2 * confusion.max(axis=1) > np.maximum(totals, 1), best, -1)


def shift_of(mapped: NDArray[np.int64], class_id: int) -> int:
    """By how much the ids of a class and its neighbours look shifted (-1 or 1); 0 where they do not.

    A weak model takes a sidewalk for road and a rider for a person, whose ids are next to theirs too. But then road is
    called road. Where ids are shifted, what a class is called by is itself called by another one's name, at three in
    a row at least.
    """
    for shift in (-1, 1):
        off = [c for c in range(NUM_OFFICIAL) if _is_off(mapped, c, shift)]
        if class_id in off and len(off) >= 3:
            return shift
    return 0


def _is_off(mapped: NDArray[np.int64], class_id: int, shift: int) -> bool:
    target = int(mapped[class_id])
    return target == class_id + shift and 0 <= target < len(mapped) and int(mapped[target]) != target


def _wrong_ids(c: ClassCounts) -> Iterator[Finding]:
    called = int(c.mapped[c.class_id])
    if called in (-1, c.class_id):
        return
    name, share = CLASSES[called].name, float(c.confusion[c.class_id, called] / c.confusion[c.class_id].sum())
    if shift := shift_of(c.mapped, c.class_id):
        text = f"label ids look shifted by {shift:+d}: {100 * share:.0f} % of it is called {name}, id {called}"
        yield Finding("shifted", text, share)
    elif int(c.mapped[called]) == c.class_id:
        text = f"its id looks swapped with {name}'s: each is called by the other's name ({100 * share:.0f} % of it)"
        yield Finding("swapped", text, share)


def _taken(c: ClassCounts, row: NDArray[np.int64]) -> Iterator[Finding]:
    shares = row / row.sum()
    shares[c.class_id] = 0
    if (best := int(shares.argmax())) >= 0 and shares[best] >= TAKEN:
        others = [i for i in np.argsort(-shares) if shares[i] >= TAKEN][:2]
        text = ", ".join(f"{CLASSES[i].name} in {100 * shares[i]:.0f} %" for i in others)
        yield Finding("taken for", f"taken for {text}", float(shares[best]))


def _invented(c: ClassCounts, column: NDArray[np.int64]) -> Iterator[Finding]:
    if not column.sum():
        return
    shares = column / column.sum()
    shares[c.class_id] = 0
    best = int(shares.argmax())
    if shares[best] >= INVENTED:
        text = f"{100 * shares[best]:.0f} % of what is called it is {CLASSES[best].name}"
        yield Finding("invented", text, float(shares[best]))


def _labels(c: ClassCounts) -> Iterator[Finding]:
    if c.suspect and c.suspect[1] >= SUSPECT_SHARE:
        areas, share = c.suspect
        text = f"labels look wrong: a model contradicts {areas:,} areas, {100 * share:.1f} % of its pixels"
        yield Finding("labels", text, share)


def _resolution(c: ClassCounts) -> Iterator[Finding]:
    if c.details is None:
        return
    thin, thin_pixels = c.details.thin[:, c.class_id]
    objects, pixels = c.details.sizes[:2, c.class_id].sum(axis=1)
    kept = kept_iou(c.details, c.class_id)
    at = _words(c.size)
    if objects and thin / objects >= THIN_SHARE and thin_pixels / pixels >= THIN_PIXELS:
        shares = f"{100 * thin / objects:.0f} % of its objects ({100 * thin_pixels / pixels:.0f} % of its pixels)"
        text = f"lost at {at}: {shares} are under {THIN_PX:g} px wide there"
        yield Finding("resolution", text, float(thin / objects))
    elif kept < KEPT_IOU:
        yield Finding("resolution", f"lost at {at}: its label itself keeps an IoU of {100 * kept:.0f} % there", kept)


def _words(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}" if all(size) else "the images' own size"


def kept_iou(details: ClassDetails, class_id: int) -> float:
    """IoU (0..1) of a class's label at the model's size and back with itself; NaN where it is not there."""
    both, label, back = (float(v) for v in details.reduced[:, class_id])
    return both / (label + back - both) if label else float("nan")


def _few(c: ClassCounts) -> Iterator[Finding]:
    if c.train_images and c.estimate is not None:
        e = c.estimate
        wanted = "more than the split has" if e.images is None else f"about {e.images:,}"
        text = (
            f"few images: {c.train_images:,} of train show it; estimate for an IoU of {100 * e.target:.0f} %: {wanted}"
        )
        yield Finding("few images", text, float(c.train_images))


def _boundary(c: ClassCounts) -> Iterator[Finding]:
    if c.details is None:
        return
    total, pixels = c.details.offset[:, c.class_id]
    if pixels < LEAST_PIXELS / 5 or abs(total / pixels) < FAT_PX:
        return
    off = float(total / pixels)
    word: Kind = "too fat" if off > 0 else "too thin"
    text = f"{word}: its boundary is {abs(off):.1f} px {'outside' if off > 0 else 'inside'} of the label's in the mean"
    yield Finding(word, f"{text}, at {_words(c.size)}", off)


def _small(c: ClassCounts) -> Iterator[Finding]:
    if c.details is None:
        return
    _, pixels, hits, _ = c.details.sizes[:, c.class_id]
    (small, large), parts = _shares(hits, pixels, 2)
    if large - small >= GAP and parts >= LEAST_PART:
        found = f"{100 * small:.0f} % of their pixels are found, {100 * large:.0f} % of larger ones'"
        text = f"its small objects are missed: {found} ({100 * parts:.0f} % of its pixels are of small ones)"
        yield Finding("small objects", text, small)


def _far(c: ClassCounts) -> Iterator[Finding]:
    if c.details is None:
        return
    hits, actual, _ = c.details.bands[:, c.class_id]
    (low, high), _ = _shares(hits, actual, len(actual) // 2)
    if abs(low - high) >= GAP:
        where = "upper" if high < low else "lower"
        text = f"missed in the {where} half of the image: {100 * min(low, high):.0f} % found there"
        yield Finding("far away", f"{text}, {100 * max(low, high):.0f} % in the other", min(low, high))


def _shares(hits: NDArray[np.int64], pixels: NDArray[np.int64], cut: int) -> tuple[tuple[float, float], float]:
    """(shares found before and after the cut, equal where there is too little of one), and the first part's share."""
    before, after = int(pixels[:cut].sum()), int(pixels[cut:].sum())
    if min(before, after) < LEAST_PIXELS:
        return (0.0, 0.0), 0.0
    return (float(hits[:cut].sum() / before), float(hits[cut:].sum() / after)), before / (before + after)


def _dark(c: ClassCounts) -> Iterator[Finding]:
    if c.bright - c.dark >= GAP:
        found = f"{100 * c.dark:.0f} % found in the darkest third, {100 * c.bright:.0f} % in the brightest"
        yield Finding("dark images", f"missed in dark images: {found}", c.dark)
