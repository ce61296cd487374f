"""The images of an evaluation by how well one class is found in them: its IoU, and the pixels that are wrong."""

from dataclasses import dataclass

import numpy as np

from bddseg_tui.core.analysis.per_image import PerImage
from bddseg_tui.core.classes import NUM_OFFICIAL


@dataclass(frozen=True)
class ClassPixels:
    """Pixels of a class in one image.

    Attributes:
        image: relative to the dataset's root.
        right: of the class, and predicted as it.
        missed: of the class, and predicted as another (false negatives).
        invented: predicted as the class, and of another one (false positives).
    """

    image: bytes
    right: int
    missed: int
    invented: int

    @property
    def iou(self) -> float:
        """Intersection over union, 0..1."""
        return self.right / (self.right + self.missed + self.invented)


def images_by_class(found: PerImage, class_id: int, worst_first: bool = True) -> list[ClassPixels]:
    """The images in which a class is or was predicted, by its IoU; of equal ones those with most wrong pixels first.

    An official class counts officially: where the actual class is unknown, nothing is invented.
    """
    known = NUM_OFFICIAL if class_id < NUM_OFFICIAL else len(found.confusion[0]) if len(found) else 0
    right = np.asarray(found.confusion[:, class_id, class_id], np.int64)
    missed = found.confusion[:, class_id, :].sum(axis=1, dtype=np.int64) - right
    invented = found.confusion[:, :known, class_id].sum(axis=1, dtype=np.int64) - right
    there = [
        ClassPixels(image, int(r), int(m), int(i))
        for image, r, m, i in zip(found.images, right, missed, invented, strict=True)
        if r + m + i
    ]
    way = 1 if worst_first else -1
    return sorted(there, key=lambda c: (way * c.iou, -way * (c.missed + c.invented), c.image))
