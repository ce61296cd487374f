"""Which part of an image a step takes, and where it comes to lie: random crops at a random zoom.

Only numbers are drawn here, in the main memory, so that no more of an image has to be read or sent to a device than
what is taken of it. A whole image that is zoomed is a crop of its own size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES, UNKNOWN
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.draws import AugmentationDraws

Pixel = tuple[int, int]
"""(row, column)."""
Size = tuple[int, int]
"""(height, width) in pixels."""
_SMALLEST = 8
_COUNTED = 65536
"""Pixels of a crop that are looked at, at most, to tell how much of it a class fills."""


@dataclass(frozen=True)
class Span:
    """Of one axis, in pixels: `taken` from `start` on become `length`, which lie from `at` on in what comes out."""

    start: int
    taken: int
    length: int
    at: int


@dataclass(frozen=True)
class Crop:
    """What is taken of an image, as it is stored; mirrored afterwards, made `size` large, and padded around it."""

    rows: Span
    columns: Span
    mirrored: bool
    size: Size

    @property
    def fills(self) -> bool:
        """Whether nothing has to be padded."""
        return (self.rows.length, self.columns.length) == self.size


def draw_crops(
    sizes: Sequence[Size],
    config: TrainConfig,
    draws: AugmentationDraws,
    wanted: Sequence[Pixel | None] = (),
    masks: Sequence[NDArray[np.uint8]] = (),
    tries: torch.Tensor | None = None,
) -> list[Crop]:
    """A crop of each image, of the configured size; a whole image, zoomed, where none is configured.

    Args:
        sizes: of the images.
        config: its flip, zoom, crop and `cat_max_ratio`.
        draws: what is left to chance.
        wanted: for each image the pixel, as it is stored, that its crop must show, if there is one.
        masks: uint8 [H, W] each, in the main memory.
        tries: where further tries lie (`draw_tries`), while a class fills more of a crop than `cat_max_ratio`.
    """
    crops = []
    for i, size in enumerate(sizes):
        pixel = wanted[i] if wanted else None
        crop = _crop(size, config, draws, i, (float(draws.x[i]), float(draws.y[i])), pixel)
        if tries is not None and pixel is None:
            for x, y in tries[i].tolist():
                if largest_share(_part(masks[i], crop), config.unknown == "ignore") < config.cat_max_ratio:
                    break
                crop = _crop(size, config, draws, i, (x, y), None)
        crops.append(crop)
    return crops


def largest_share(mask: NDArray[np.uint8], without_unknown: bool) -> float:
    """How much of a mask uint8 [H, W] its largest class fills (0..1); 1 where nothing is known."""
    step = max(1, round((mask.size / _COUNTED) ** 0.5))
    counts = np.bincount(mask[::step, ::step].ravel(), minlength=NUM_CLASSES)[:NUM_CLASSES]
    if without_unknown:
        counts[UNKNOWN] = 0
    return float(counts.max() / counts.sum()) if counts.any() else 1.0


def rare_pixels(
    masks: Sequence[NDArray[np.uint8]],
    draws: AugmentationDraws,
    share: float,
    crop_weights: torch.Tensor,
    counts: NDArray[np.int64] | None = None,
) -> list[Pixel | None]:
    """A pixel of a class that is seldom for a `share` (0..1) of the masks [H, W], which are not mirrored yet.

    The class is drawn by weight (`crop_weights`, float [20]) among those that the mask holds (`counts`, int64 [N, 20],
    where these are known). The masks are those in the main memory: to ask the device where its pixels are would keep
    it waiting at every image.
    """
    found: list[Pixel | None] = []
    for i, mask in enumerate(masks):
        if float(draws.over_rare[i]) < share:
            pixels = counts[i] if counts is not None else np.bincount(mask.ravel(), minlength=NUM_CLASSES)[:NUM_CLASSES]
            chance = float(draws.rare_class[i]), float(draws.rare_pixel[i])
            found.append(_rare_pixel(mask, pixels, crop_weights, *chance))
        else:
            found.append(None)
    return found


def _crop(
    size: Size, config: TrainConfig, draws: AugmentationDraws, i: int, at: tuple[float, float], wanted: Pixel | None
) -> Crop:
    height, width = size
    target = config.train_size if config.crop_height else size
    mirrored = config.flip and float(draws.mirror[i]) < 0.5
    scale = _scale(config, float(draws.zoom[i]))
    x, y = at
    row, column = wanted if wanted is not None else (None, None)
    # Places are drawn in the picture as it comes out, and told in the one that is stored.
    column = width - 1 - column if mirrored and column is not None else column
    rows, columns = _span(height, target[0], scale, y, row), _span(width, target[1], scale, x, column)
    if mirrored:
        columns = Span(width - columns.start - columns.taken, columns.taken, columns.length, columns.at)
    return Crop(rows, columns, mirrored, target)


def _scale(config: TrainConfig, draw: float) -> float:
    """The zoom: log-uniform, so that in and out are alike, or uniform."""
    if config.scale_sampling == "uniform":
        return config.scale_min + (config.scale_max - config.scale_min) * draw
    low, high = np.log([config.scale_min, config.scale_max])
    return float(np.exp(low + (high - low) * draw))


def _span(length: int, target: int, scale: float, offset: float, wanted: int | None) -> Span:
    """What is taken of an axis of this length so that `target` pixels come out, `offset` (0..1) of the way along."""
    taken = max(_SMALLEST, round(target / scale))
    if taken <= length:
        start = round(offset * (length - taken)) if wanted is None else _around(wanted, offset, taken, length)
        return Span(start, taken, target, 0)
    all_of_it = min(target, max(_SMALLEST, round(length * scale)))
    return Span(0, length, all_of_it, round(offset * (target - all_of_it)))


def _around(pixel: int, offset: float, length: int, whole: int) -> int:
    """Where a crop begins so that a pixel lies in it, `offset` (0..1) of the way in if the picture's edge allows it."""
    return min(max(0, pixel - int(offset * length)), whole - length)


def _part(mask: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
    top, left = crop.rows.start, crop.columns.start
    return mask[top : top + crop.rows.taken, left : left + crop.columns.taken]


def _rare_pixel(
    mask: NDArray[np.uint8],
    counts: NDArray[np.int64],
    crop_weights: torch.Tensor,
    which_class: float,
    which_pixel: float,
) -> Pixel:
    """(row, column) of any pixel of a class, drawn by weight among those that the mask holds."""
    there = counts > 0
    summed = (crop_weights.numpy() * there + there * 1e-6).cumsum()
    chosen = min(int(np.searchsorted(summed, which_class * summed[-1], side="right")), len(crop_weights) - 1)
    pixels = np.flatnonzero(mask == chosen)
    row, column = divmod(int(pixels[min(int(which_pixel * len(pixels)), len(pixels) - 1)]), mask.shape[1])
    return row, column
