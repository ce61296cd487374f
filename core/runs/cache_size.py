"""How many images a dataset has to train on, how large they are, and what their cache takes, before it is made."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.dataset import Dataset, list_samples
from bddseg_tui.core.data.image_file import BadFileError, read_size

if TYPE_CHECKING:
    from bddseg_tui.core.runs.train_config import TrainConfig

BYTES_A_PIXEL = 4
"""Red, green and blue, and the class."""
_LOOKED_AT = 32


@dataclass(frozen=True)
class LabelledImages:
    """By split, how many images have a mask; and some of their files, spread evenly over all."""

    counts: dict[str, int]
    some: tuple[Path, ...]


def labelled_images(dataset: Dataset) -> LabelledImages:
    """Counts them; none of them is opened."""
    counts: dict[str, int] = {}
    some: list[Path] = []
    every, seen = 1, 0
    for sample in list_samples(dataset):
        if sample.mask is None:
            continue
        counts[sample.split] = counts.get(sample.split, 0) + 1
        if seen % every == 0:
            some.append(sample.image)
        seen += 1
        if len(some) == 2 * _LOOKED_AT:
            some, every = some[::2], 2 * every
    return LabelledImages(counts, tuple(some))


def sizes_of_some(images: Iterable[Path]) -> list[tuple[int, int]]:
    """(height, width) of each image in pixels, by its file's header; those that cannot be read are left out."""
    sizes = []
    for image in images:
        try:
            width, height = read_size(image)
        except BadFileError:
            continue
        sizes.append((height, width))
    return sizes


def mean_pixels(sizes: list[tuple[int, int]]) -> int:
    """Of an image, as far as these sizes tell; 0 where there is none."""
    return sum(height * width for height, width in sizes) // len(sizes) if sizes else 0


def cached_images(config: "TrainConfig", counts: dict[str, int]) -> dict[str, int]:
    """By split, how many images a run of this configuration has in its cache."""
    limits = {"train": config.train_limit, "val": config.val_limit}
    return {split: min(counts.get(split, 0), limit or sys.maxsize) for split, limit in limits.items()}


def image_pixels(config: "TrainConfig", own: int) -> int:
    """Pixels of a cached image, where images have `own` in the mean."""
    return config.height * config.width or own


def cache_bytes(config: "TrainConfig", counts: dict[str, int], own: int) -> int:
    """What the caches of a run take on the disk, where images have `own` pixels in the mean."""
    return BYTES_A_PIXEL * sum(cached_images(config, counts).values()) * image_pixels(config, own)
