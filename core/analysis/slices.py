"""Scores of parts of a split: by tag, by what an image holds, by how bright it is."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.analysis.per_image import PerImage
from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.runs.metrics import Scores, scores

Chosen = NDArray[np.bool_]
FEW = 10
"""Below so many images, a score says more about them than about the model."""


@dataclass(frozen=True)
class Slice:
    """Some images and their scores; `query` finds them in the Dataset pane."""

    query: str
    images: int
    scores: Scores

    @property
    def few(self) -> bool:
        """Whether it has too few images for its score to mean much."""
        return self.images < FEW


def slices(found: PerImage, catalog: Catalog) -> list[Slice]:
    """Every slice that holds an image but not all: thirds of brightness, tags, and classes that occur.

    The lowest mIoU19 comes first; those of few images come after all others.
    """
    held = [
        Slice(query, int(chosen.sum()), scores(found.total(chosen)))
        for query, chosen in _choices(found, catalog)
        if 0 < chosen.sum() < len(found)
    ]
    return sorted(held, key=lambda s: (s.few, np.isnan(s.scores.miou19), s.scores.miou19))


def _choices(found: PerImage, catalog: Catalog) -> Iterator[tuple[str, Chosen]]:
    percent = 100 * found.brightness
    dark, bright = (float(np.round(v, 1)) for v in np.quantile(percent, (1 / 3, 2 / 3))) if len(found) else (0.0, 0.0)
    yield f"brightness<{dark:g}%", percent < dark
    yield f"brightness>={dark:g}% brightness<{bright:g}%", (percent >= dark) & (percent < bright)
    yield f"brightness>={bright:g}%", percent >= bright
    rows = catalog.find_images([catalog.root / os.fsdecode(i) for i in found.images])
    tags = {os.fsencode(os.path.relpath(r.image, catalog.root)): set(r.tags) for r in rows}
    for tag in catalog.tags():
        yield f"tag:{tag}", np.asarray([tag in tags.get(i, ()) for i in found.images])
    there = found.confusion.sum(axis=2) > 0
    for c in CLASSES[:NUM_OFFICIAL]:
        yield f"has:{c.slug}", there[:, c.id]
        yield f"-has:{c.slug}", ~there[:, c.id]
