"""Where the classes of a dataset are: heat maps over the frame, sizes of objects, and which classes occur together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.quality.places import GRID, SIZES, unpacked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassPlaces:
    """Of all masks of a split, or of all splits.

    Attributes:
        masks: how many were measured.
        left: how many images are yet to be measured, of all splits.
        heat: by class, the mean share (0..1) of each part of the frame that it covers, float64 [20, 18, 32].
        objects: by class, how many areas of each size (`places.SIZES`) there are, int64 [20, 20].
        together: images that hold both classes, int64 [20, 20]; on the diagonal those that hold one.
    """

    masks: int
    left: int
    heat: "NDArray[np.float64]"
    objects: "NDArray[np.int64]"
    together: "NDArray[np.int64]"

    def median_size(self, class_id: int) -> float | None:
        """The share (0..1) of the image that the middle one of a class's objects has, to within a factor of two."""
        counts = self.objects[class_id]
        if not (total := int(counts.sum())):
            return None
        seen = 0
        for size, count in enumerate(counts.tolist()):
            seen += count
            if 2 * seen >= total:
                return float(2.0 ** -(size + 0.5))
        return None

    def likelier(self, class_id: int, other: int) -> float | None:
        """How many times as often `other` is in an image that holds `class_id` as in any (the lift)."""
        holding = self.together.diagonal()
        expected = int(holding[class_id]) * int(holding[other])
        return int(self.together[class_id, other]) * self.masks / expected if expected else None


def class_places(catalog: Catalog, split: str | None = None) -> ClassPlaces:
    """Adds up what was measured of each mask; what makes no sense is left out.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    import numpy as np

    heat = np.zeros((NUM_CLASSES, *GRID), np.int64)
    objects = np.zeros((NUM_CLASSES, SIZES), np.int64)
    together = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    masks = 0
    for _, grid, counts in catalog.places(split):
        try:
            places = unpacked(grid, counts)
        except RecordError:
            continue
        heat += places.grid
        objects += places.objects
        there = places.objects.any(axis=1).astype(np.int64)
        together += np.outer(there, there)
        masks += 1
    left = catalog.unmeasured_count()[1]
    return ClassPlaces(masks, left, heat / (255 * max(1, masks)), objects, together)
