"""A split as the training cache holds it: where the pixels of each sample lie, in files mapped from disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IGNORED = 255
"""Value of pixels that are not learnt from: the `IGNORE_INDEX` of the losses, which torch stands behind."""


@dataclass(frozen=True)
class CachePart:
    """The slots of images of one size, mapped from disk.

    Attributes:
        images: uint8 [S, 3, H, W].
        masks: uint8 [S, H, W], values 0..19.
        lock: as long as it is open, no slot of these is written again.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    lock: int

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.masks.shape[1], self.masks.shape[2]


@dataclass(frozen=True)
class CachedSplit:
    """A split in the training cache, N samples in the dataset's order.

    Attributes:
        parts: by size; one where all images are resized to the same, else one for each size that images have.
        part: in which part each sample is, int64 [N].
        slots: the samples' slots there, int64 [N].
        counts: pixels of each sample by class, int64 [N, 20].
        files: image and mask of each, as paths below the dataset's root.
        left_out: what is wrong with the samples that cannot be used.
        ignored: of some samples, by their number, the pixels that are not learnt from: int64, counted along the rows.
            They stand in no slot, so that runs that ignore others share the cache, and are left out of `counts`.
    """

    parts: tuple[CachePart, ...]
    part: NDArray[np.int64]
    slots: NDArray[np.int64]
    counts: NDArray[np.int64]
    files: list[tuple[bytes, bytes]]
    left_out: list[str]
    ignored: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.slots)

    def image(self, row: int) -> NDArray[np.uint8]:
        """A sample's image, uint8 [3, H, W], as it is mapped."""
        return self.parts[self.part[row]].images[self.slots[row]]  # type: ignore[no-any-return]

    def mask(self, row: int) -> NDArray[np.uint8]:
        """A sample's mask, uint8 [H, W], as it is mapped, with IGNORED where nothing is learnt."""
        mask: NDArray[np.uint8] = self.parts[self.part[row]].masks[self.slots[row]]
        if (pixels := self.ignored.get(row)) is not None:
            mask = mask.copy()
            mask.reshape(-1)[pixels] = IGNORED
        return mask

    @property
    def commonest_size(self) -> tuple[int, int]:
        """(height, width) in pixels that most samples have."""
        return self.parts[int(np.bincount(self.part).argmax())].size

    @property
    def pixels(self) -> NDArray[np.int64]:
        """Pixels of all these samples by class, int64 [20]."""
        return self.counts.sum(axis=0)  # type: ignore[no-any-return]

    @property
    def holding(self) -> NDArray[np.int64]:
        """By class, all pixels of those samples that hold it, int64 [20]."""
        return self.counts.sum(axis=1) @ (self.counts > 0)  # type: ignore[no-any-return]


def chosen_places(count: int, limit: int) -> list[int]:
    """Which of `count` samples are taken where only `limit` are wanted: as many, spread evenly; all where it is 0."""
    return sorted({i * count // limit for i in range(limit)}) if 0 < limit < count else list(range(count))
