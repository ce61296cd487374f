"""Class statistics of a dataset: how many pixels each class has, and how many images hold it."""

from dataclasses import asdict, dataclass

from core.catalog import Catalog
from core.classes import CLASSES


@dataclass(frozen=True)
class ClassStats:
    """One class: its pixels, their percentage (0..100) of all pixels of the masks, and images that hold it."""

    id: int
    name: str
    pixels: int
    percentage: float
    images: int

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def class_stats(catalog: Catalog, split: str | None = None) -> list[ClassStats]:
    """Statistics of all 20 classes over the scanned masks of a split, or of all splits."""
    totals = catalog.class_totals(split)
    everything = sum(pixels for pixels, _ in totals)
    return [
        ClassStats(c.id, c.name, pixels, 100.0 * pixels / everything if everything else 0.0, images)
        for c, (pixels, images) in zip(CLASSES, totals, strict=True)
    ]
