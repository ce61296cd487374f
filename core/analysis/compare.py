"""Evaluations side by side: classes, images and settings that differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bddseg_tui.core.analysis.per_image import PerImage
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.metrics import image_scores
from bddseg_tui.core.sanitize import sanitize, sanitize_path


@dataclass(frozen=True)
class ImageChange:
    """An image's mIoU19 (0..1) in two evaluations, and what the earlier one predicted, where that is known."""

    image: bytes
    before: float
    after: float
    predicted_before: Path | None = None

    @property
    def change(self) -> float:
        """`after` less `before`."""
        return self.after - self.before


def image_changes(before: PerImage, after: PerImage) -> list[ImageChange]:
    """The images that both have scored, those that got worst first."""
    places = {image: number for number, image in enumerate(before.images)}
    changes = []
    for number, image in enumerate(after.images):
        if (place := places.get(image)) is None:
            continue
        old = image_scores(np.asarray(before.confusion[place], np.int64))[1]
        new = image_scores(np.asarray(after.confusion[number], np.int64))[1]
        if np.isfinite(old) and np.isfinite(new):
            changes.append(ImageChange(image, old, new))
    return sorted(changes, key=lambda c: (c.change, c.image))


def refuse_others(measured: Sequence[tuple[str, Path, str]]) -> None:
    """Of (evaluation, its dataset, its split) all must have the dataset and the split of the first.

    Raises:
        UsageError: one has others, so that a difference of figures would say nothing of the models.
    """
    name, dataset, split = measured[0]
    for other, its_dataset, its_split in measured[1:]:
        if its_dataset != dataset:
            raise UsageError(
                f"{sanitize(other)} cannot be compared with {sanitize(name)}: one was measured on "
                f"{sanitize_path(its_dataset)}, the other on {sanitize_path(dataset)}"
            )
        if its_split != split:
            raise UsageError(
                f"{sanitize(other)} cannot be compared with {sanitize(name)}: one was measured on the split "
                f"{sanitize(its_split)}, the other on {sanitize(split)}"
            )


def settings_diff(configs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """By setting, its value in each configuration, for those that are not the same in all; None where it lacks."""
    keys = dict.fromkeys(key for config in configs for key in config)
    found = {key: tuple(config.get(key) for config in configs) for key in keys}
    return {key: values for key, values in found.items() if any(v != values[0] for v in values)}
