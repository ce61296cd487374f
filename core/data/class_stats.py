"""Class statistics of a dataset: how many pixels each class has, and how many images hold it."""

import os
from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.image_file import read_mask


@dataclass(frozen=True)
class ClassStats:
    """One class: its pixels, their percentage (0..100) of all pixels of the masks, and images that hold it."""

    id: int
    name: str
    pixels: int
    percentage: float
    images: int


def class_stats(catalog: Catalog, split: str | None = None) -> list[ClassStats]:
    """Statistics of all 20 classes over the scanned masks of a split, or of all splits."""
    totals = catalog.class_totals(split)
    everything = sum(pixels for pixels, _ in totals)
    return [
        ClassStats(c.id, c.name, pixels, 100.0 * pixels / everything if everything else 0.0, images)
        for c, (pixels, images) in zip(CLASSES, totals, strict=True)
    ]


def image_shares(catalog: Catalog, image: bytes, evaluation: str | None = None) -> list[tuple[str, float]]:
    """(class name, percent of pixels) of one image, largest first: of its mask, else of an evaluation's prediction.

    Empty where there is neither. `image` is its path relative to the dataset.
    """
    rows = catalog.find_images([catalog.root / os.fsdecode(image)], evaluation)
    if not rows:
        return []
    counts = rows[0].counts
    if counts is None and rows[0].prediction is not None:
        import numpy as np

        counts = tuple(np.bincount(read_mask(rows[0].prediction).ravel(), minlength=NUM_CLASSES).tolist())
    if counts is None or not (total := sum(counts)):
        return []
    shares = [(CLASSES[i].name, 100 * n / total) for i, n in enumerate(counts) if n]
    return sorted(shares, key=lambda pair: -pair[1])
