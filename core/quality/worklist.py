"""The worklist of label errors: suspect areas with what a person said of each, chosen from and ordered."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from bddseg_tui.core.data.area_runs import overlap, packed
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.catalog.verdicts import WORDS, TakenBack, Verdict, Word
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.quality.suspects import SuspectArea, Suspects

Order = Literal["score", "size", "pair"]
ORDERS: tuple[Order, ...] = get_args(Order)
State = Literal["all", "left", "confirmed", "rejected", "skipped"]
STATES: tuple[State, ...] = get_args(State)
_SAME = 0.5
"""Intersection over union from which on an area that was found anew is the one that was judged."""


@dataclass(frozen=True)
class WorkItem:
    """A suspect area with its image and what was said of it.

    Attributes:
        area: what is suspect.
        row: its image as the catalog knows it, with the prediction of the evaluation that was asked for.
        verdict: what holds; None where nobody has said anything.
    """

    area: SuspectArea
    row: Row
    verdict: Verdict | None = None

    @property
    def word(self) -> Word | None:
        """What was said of it."""
        return self.verdict.word if self.verdict else None

    @property
    def key(self) -> tuple[bytes, str, int, tuple[int, int, int, int]]:
        """What tells it from others: that of its verdict, where it has one."""
        a = self.area
        return self.verdict.key if self.verdict else (a.image, a.mask_hash, a.given, a.box)

    def judged(self, word: Word) -> "WorkItem":
        """The same with a verdict."""
        return replace(self, verdict=self.verdict_of(word))

    def verdict_of(self, word: Word) -> Verdict:
        """The verdict to keep. One on what was judged before is of the same area, however it was found anew."""
        if self.verdict is not None:
            return replace(self.verdict, word=word, at=0.0)
        a = self.area
        return Verdict(
            a.image, a.mask_hash, a.area, word, a.given, a.predicted, a.pixels, a.box, a.runs, float(a.score)
        )


@dataclass(frozen=True)
class Worklist:
    """All that there is to look at.

    Attributes:
        items: the suspect areas of masks that are as they were, and areas that were judged before; the lowest score
            first.
        searched: whether label errors have been looked for at all.
        about: how the model's probabilities came about.
        void: suspect areas of masks that are others by now, or gone.
    """

    items: tuple[WorkItem, ...]
    searched: bool
    about: str = ""
    void: int = 0


@dataclass(frozen=True)
class Counts:
    """How many items have which verdict."""

    confirmed: int
    rejected: int
    skipped: int
    left: int

    def changed(self, before: Word | None, after: Word) -> "Counts":
        """The same after one item got another verdict."""
        counts = {name: getattr(self, name) for name in (*WORDS, "left")}
        counts[before or "left"] -= 1
        counts[after] += 1
        return Counts(**counts)


NOTHING = Counts(0, 0, 0, 0)


def read_worklist(catalog: Catalog, suspects: Suspects | None, evaluation: str | None = None) -> Worklist:
    """Joins what was found, what was said, and what there is.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    by_image: dict[bytes, list[Verdict]] = {}
    for verdict in catalog.verdicts():
        by_image.setdefault(verdict.image, []).append(verdict)
    areas = suspects.areas if suspects else ()
    names = dict.fromkeys([*(a.image for a in areas), *by_image])
    rows = catalog.find_images([catalog.root / os.fsdecode(image) for image in names], evaluation)
    known = {os.fsencode(os.path.relpath(row.image, catalog.root)): row for row in rows}
    hashes = {image: _hash(row.mask) for image, row in known.items()}
    items: list[WorkItem] = []
    void = 0
    for area in areas:
        if hashes.get(area.image) != area.mask_hash:
            void += 1
            continue
        judged = by_image.get(area.image, [])
        said = _verdict_on(area, judged)
        if said is not None:
            judged.remove(said)
        items.append(WorkItem(area, known[area.image], said))
    for image, judged in by_image.items():
        items += [_item_of(v, known[image]) for v in judged if v.mask_hash == hashes.get(image)]
    items.sort(key=lambda item: (item.area.score, item.area.image, item.area.area))
    return Worklist(tuple(items), suspects is not None, suspects.about if suspects else "", void)


def select(
    items: Iterable[WorkItem],
    order: Order = "score",
    state: State = "all",
    given: int | None = None,
    predicted: int | None = None,
) -> tuple[WorkItem, ...]:
    """The items of these classes and this state, in this order: the lowest score, the largest, or by pairs of classes,
    the pair with most areas first."""
    chosen = [
        item
        for item in items
        if (given is None or item.area.given == given)
        and (predicted is None or item.area.predicted == predicted)
        and (state == "all" or (item.word or "left") == state)
    ]
    if order == "size":
        chosen.sort(key=lambda item: -item.area.pixels)
    elif order == "pair":
        many = dict(pairs(chosen))
        chosen.sort(key=lambda i: (-many[i.area.given, i.area.predicted], i.area.given, i.area.predicted, i.area.score))
    else:
        chosen.sort(key=lambda item: item.area.score)
    return tuple(chosen)


def pairs(items: Iterable[WorkItem]) -> list[tuple[tuple[int, int], int]]:
    """((given, predicted), how many areas) of each pair of classes, the most frequent first."""
    found: dict[tuple[int, int], int] = {}
    for item in items:
        pair = item.area.given, item.area.predicted
        found[pair] = found.get(pair, 0) + 1
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))


def count_words(items: Iterable[WorkItem]) -> Counts:
    """How many items have which verdict."""
    words = [item.word for item in items]
    return Counts(words.count("confirmed"), words.count("rejected"), words.count("skipped"), words.count(None))


def place_of(items: Sequence[WorkItem], taken: TakenBack) -> int | None:
    """Which of the items the verdict was on that was taken back."""
    key = taken.verdict.key
    return next((n for n, item in enumerate(items) if item.key == key), None)


def _verdict_on(area: SuspectArea, judged: Sequence[Verdict]) -> Verdict | None:
    mine = [v for v in judged if v.mask_hash == area.mask_hash and v.given == area.given]
    if not mine:
        return None
    exact = next((v for v in mine if v.box == area.box and v.pixels == area.pixels), None)
    if exact is not None:
        return exact
    runs = area.runs
    for verdict in mine:
        both = overlap(runs, verdict.runs)
        if both and both >= _SAME * (area.pixels + verdict.pixels - both):
            return verdict
    return None


def _item_of(verdict: Verdict, row: Row) -> WorkItem:
    """A verdict on an area that is not suspect any more, or of which the search is gone."""
    v = verdict
    score = 1.0 if v.score is None else v.score
    sample = os.fsdecode(v.image)
    area = SuspectArea(sample, v.area, v.given, v.predicted, v.pixels, v.box, packed(v.runs), score, v.mask_hash)
    return WorkItem(area, row, verdict)


def _hash(mask: Path | None) -> str | None:
    try:
        return None if mask is None else mask_hash(mask)
    except OSError:
        return None
