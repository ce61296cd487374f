"""Tagging many samples at once, and taking that back."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.tags import clean_tag


@dataclass(frozen=True)
class TagChange:
    """What was done to the tags of some samples.

    Attributes:
        tag: the word, as it is kept.
        removed: whether it was taken away.
        ids: the samples that are changed by it: those that did not have the tag, or had it.
        samples: of how many samples this was asked.
    """

    tag: str
    removed: bool
    ids: "array[int]"
    samples: int

    @property
    def about(self) -> str:
        """What was done, in words."""
        deed, where = ("took", "from") if self.removed else ("gave", "to")
        rest = self.samples - len(self.ids)
        had = f" ({rest:,} {'had none' if self.removed else 'had it'})" if rest else ""
        return f"{deed} #{self.tag} {where} {len(self.ids):,} image{'s' * (len(self.ids) != 1)}{had}"


def tag_samples(catalog: Catalog, ids: Sequence[int], tag: str, remove: bool | None = False) -> TagChange:
    """Gives these samples a tag, or takes it away; with None it is taken away where all of them have it.

    Raises:
        BddsegError: it is not one word, or cannot be written.
    """
    clean = clean_tag(tag)
    if remove is None:
        remove = catalog.count_tagged(ids, clean) == len(ids)
    changed = catalog.remove_tag(ids, clean) if remove else catalog.add_tag(ids, clean)
    return TagChange(clean, remove, changed, len(ids))


def take_back(catalog: Catalog, change: TagChange) -> TagChange:
    """Makes the tags of the samples that were changed what they were before.

    Raises:
        BddsegError: it cannot be written.
    """
    return tag_samples(catalog, change.ids, change.tag, not change.removed)
