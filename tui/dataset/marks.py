"""Which samples are marked, so that one key does something to all of them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """Samples by their id in the catalog, whatever is listed and in whichever order.

    Attributes:
        ids: the samples that are marked.
        last: the one that was marked last: a range begins at it.
    """

    ids: frozenset[int] = frozenset()
    last: int | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, sample: object) -> bool:
        return sample in self.ids

    def toggled(self, sample: int) -> "Marks":
        """With this sample marked or, if it is, no more."""
        return Marks(self.ids ^ {sample}, sample)

    def up_to(self, listed: Sequence[int], place: int) -> "Marks":
        """With all marked that are listed from the one marked last, or the first where none is, to this place."""
        try:
            start = 0 if self.last is None else listed.index(self.last)
        except ValueError:
            start = 0
        low, high = sorted((start, place))
        return Marks(self.ids.union(listed[low : high + 1]), listed[place])

    def with_all(self, listed: Sequence[int]) -> "Marks":
        """With all marked that are listed or, where all of them are, without them."""
        together = self.ids.union(listed)
        if len(together) > len(self.ids):
            return Marks(together, self.last)
        return Marks(self.ids.difference(listed), None)
