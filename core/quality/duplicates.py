"""Images that are there more than once, or nearly: pairs as a search for them writes them, and the groups to act on.

A file of JSON lines: first how they were found, then a pair a line. Three kinds, from sure to likely: the same bytes
(`file`), the same picture (`picture`: scaled, encoded anew, cropped a little), and pictures that are alike (`alike`:
the next frames of one drive).
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.quality.finding_file import read_findings, write_findings

Kind = Literal["file", "picture", "alike"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""From the surest to the least sure."""
MEANING: dict[Kind, str] = {"file": "the same file", "picture": "nearly the same picture", "alike": "alike"}
DUPLICATES_FILE = "pairs.jsonl"
"""In the folder of the job that looks for them."""


@dataclass(frozen=True)
class Pair:
    """Two images of a dataset, as paths relative to it; `likeness` is 0..1, and of the same bytes 1."""

    first: str
    second: str
    likeness: float
    kind: Kind


@dataclass(frozen=True)
class Duplicates:
    """What a search for duplicates found.

    Attributes:
        pairs: in no order; of the same bytes each with the first of them, of others the nearest of each image.
        about: how they were found, and by which threshold, in a line.
        images: how many were looked at.
        made: when, in seconds since the epoch.
        damaged: lines that make no sense.
    """

    pairs: tuple[Pair, ...]
    about: str = ""
    images: int = 0
    made: float = 0.0
    damaged: int = 0


@dataclass(frozen=True)
class Member:
    """An image of a group, and how like the first one of it it is (the first one itself: 1)."""

    image: str
    split: str
    likeness: float
    kind: Kind


@dataclass(frozen=True)
class Group:
    """Images that are like the first of them.

    Attributes:
        members: the first one, then the others, the likest first.
    """

    members: tuple[Member, ...]

    @property
    def splits(self) -> tuple[str, ...]:
        """Of the members, each once, in the members' order."""
        return tuple(dict.fromkeys(m.split for m in self.members))

    @property
    def kind(self) -> Kind:
        """The surest of its members' kinds."""
        return min((m.kind for m in self.members[1:]), key=KINDS.index)

    @property
    def likeness(self) -> float:
        """Of the likest to the first."""
        return self.members[1].likeness

    @property
    def leaks(self) -> bool:
        """Whether it lies across splits, so that a model is measured on what it has learned."""
        return len(self.splits) > 1


def group_pairs(
    pairs: Iterable[Pair], split_of: Mapping[str, str], across: bool = False, kind: Kind | None = None
) -> tuple[Group, ...]:
    """Groups of images that are like one of them; an image is in one group at most.

    A group is a star and no chain: each image is like its first one, so that a drive's frames do not all become one
    group by way of each other. The image that most others are like comes first in its group.

    Args:
        pairs: what is alike.
        split_of: the split of each image that is there; pairs with others are left out.
        across: only pairs whose images are of two splits.
        kind: only pairs of this kind; None for all.

    Returns:
        the surest kind first, then the likest.
    """
    near: dict[str, dict[str, Pair]] = defaultdict(dict)
    for pair in pairs:
        one, other = split_of.get(pair.first), split_of.get(pair.second)
        if one is None or other is None or (across and one == other) or kind not in (None, pair.kind):
            continue
        near[pair.first][pair.second] = near[pair.second][pair.first] = pair
    taken: set[str] = set()
    groups = []
    for first in sorted(near, key=lambda image: (-len(near[image]), image)):
        if first in taken:
            continue
        others = [(image, pair) for image, pair in near[first].items() if image not in taken]
        if not others:
            continue
        others.sort(key=lambda other: (KINDS.index(other[1].kind), -other[1].likeness, other[0]))
        alike = [Member(image, split_of[image], pair.likeness, pair.kind) for image, pair in others]
        group = Group((Member(first, split_of[first], 1.0, alike[0].kind), *alike))
        taken.update(m.image for m in group.members)
        groups.append(group)
    groups.sort(key=lambda g: (KINDS.index(g.kind), -g.likeness, g.members[0].image))
    return tuple(groups)


def measures_of(pairs: Iterable[Pair], split_of: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """By image what filters know of it: how like the likest other is (`duplicate`), of another split (`leakage`)."""
    found: dict[str, dict[str, float]] = {image: {"duplicate": 0.0, "leakage": 0.0} for image in split_of}
    for pair in pairs:
        if pair.first not in found or pair.second not in found:
            continue
        names = ("duplicate", "leakage") if split_of[pair.first] != split_of[pair.second] else ("duplicate",)
        for image in (pair.first, pair.second):
            for name in names:
                found[image][name] = max(found[image][name], pair.likeness)
    return found


def spare(group: Group) -> list[str]:
    """The images that can go: of a group across splits those of train, else all but the first."""
    if group.leaks and (train := [m.image for m in group.members if m.split == "train"]):
        return train
    return [member.image for member in group.members[1:]]


def write_duplicates(path: Path, pairs: Iterable[Pair], about: str, images: int) -> None:
    """Replaces what was found before, whole or not at all.

    Raises:
        BddsegError: it cannot be written.
    """
    lines: Iterable[list[object]] = ([p.first, p.second, round(p.likeness, 4), p.kind] for p in pairs)
    write_findings(path, "duplicates", about, lines, images=images)


def read_duplicates(path: Path) -> Duplicates | None:
    """What was found; None where nobody has looked yet.

    Raises:
        BddsegError: the file cannot be read, or is of a later version.
    """
    found = read_findings(path, "duplicates", "duplicates", _pair)
    if found is None:
        return None
    images = found.facts.get("images")
    count = images if isinstance(images, int) else 0
    return Duplicates(found.items, found.about, count, found.made, found.damaged)


def _pair(value: Any) -> Pair:
    match value:
        case [str(first), str(second), float(likeness) | int(likeness), str(kind)] if (
            kind in KINDS and first and second and first != second and 0 <= likeness <= 1
        ):
            try:
                os.fsencode(first), os.fsencode(second)
            except UnicodeError as error:
                raise RecordError("a name is damaged") from error
            return Pair(first, second, float(likeness), kind)
    raise RecordError("it is no pair of images")
