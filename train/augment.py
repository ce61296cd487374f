"""Augmentation of a batch, on its device.

What is left to chance is drawn for each image of the whole batch, from seed, epoch and step alone: however many
processes share the batch, and wherever a run is resumed, an image comes out the same.

Image and mask are sampled at the same points, the centres of the pixels that come out: torch's `NEAREST` takes the
corners instead, which moved masks by half a pixel beside their images.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.losses import IGNORE_INDEX

GREY = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in an image's grey, as torchvision has them (ITU-R BT.601)."""
Pixel = tuple[int, int]
"""(row, column)."""


@dataclass(frozen=True)
class AugmentationDraws:
    """Uniform random numbers, float32 [N] in 0..1 each: one an image and decision."""

    mirror: torch.Tensor
    zoom: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor
    over_rare: torch.Tensor
    rare_class: torch.Tensor
    rare_pixel: torch.Tensor
    brightness: torch.Tensor
    contrast: torch.Tensor
    saturation: torch.Tensor


def draw_augmentations(count: int, seed: tuple[int, ...], rank: int = 0, world: int = 1) -> AugmentationDraws:
    """The draws of a process's `count` images, every `world`-th of a batch that begins with process 0's first."""
    table = np.random.default_rng(seed).random((count * world, len(fields(AugmentationDraws))), dtype=np.float32)
    return AugmentationDraws(*torch.from_numpy(table[rank::world].T.copy()))


def augment(
    images: torch.Tensor,
    masks: torch.Tensor,
    config: TrainConfig,
    draws: AugmentationDraws,
    wanted: Sequence[Pixel | None] = (),
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirrors, zooms and recolours; shapes and dtypes stay (uint8 [N, 3, H, W] and uint8 [N, H, W]).

    `wanted` has for each image the pixel that a zoom into it must show, if there is one (`rare_pixels`).

    Pixels that zooming out adds have mask value 255, which no loss counts.
    """
    width = masks.shape[-1]
    if config.flip:
        mirrored = draws.mirror.lt(0.5)
        wanted = [
            p and (p[0], width - 1 - p[1] if m else p[1]) for p, m in zip(wanted, mirrored.tolist(), strict=False)
        ]
        images, masks = (_mirrored(x, mirrored) for x in (images, masks))
    if config.scale_min < 1 or config.scale_max > 1:
        pixels = wanted or [None] * len(images)
        pairs = [_zoom(images[i], masks[i], config, draws, i, pixels[i]) for i in range(len(images))]
        images = torch.stack([i for i, _ in pairs])
        masks = torch.stack([m for _, m in pairs])
    if config.color_jitter > 0:
        images = _recolour(images, config.color_jitter, draws)
    return images, masks


def _mirrored(pixels: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Those that are chosen, bool [N] in the main memory, from right to left."""
    places = chosen.nonzero()[:, 0].to(pixels.device, non_blocking=True)
    return pixels.index_copy(0, places, pixels[places].flip(-1))


def rare_pixels(
    masks: Iterable[NDArray[np.uint8]], draws: AugmentationDraws, share: float, crop_weights: torch.Tensor
) -> list[Pixel | None]:
    """A pixel of a class that is seldom for a `share` (0..1) of the masks [H, W], which are not mirrored yet.

    The class is drawn by weight (`crop_weights`, float [20]) among those that the mask holds. The masks are those in
    the main memory: to ask the device where its pixels are would keep it waiting at every image.
    """
    return [
        _rare_pixel(mask, crop_weights, float(draws.rare_class[i]), float(draws.rare_pixel[i]))
        if float(draws.over_rare[i]) < share
        else None
        for i, mask in enumerate(masks)
    ]


def _zoom(
    image: torch.Tensor, mask: torch.Tensor, config: TrainConfig, draws: AugmentationDraws, i: int, wanted: Pixel | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """One image zoomed by a random factor about a random point; log-uniform, so that in and out are alike."""
    low, high = np.log([config.scale_min, config.scale_max])
    scale = float(np.exp(low + (high - low) * float(draws.zoom[i])))
    x, y = float(draws.x[i]), float(draws.y[i])
    height, width = mask.shape
    if scale >= 1:
        h, w = max(8, round(height / scale)), max(8, round(width / scale))
        top, left = round(y * (height - h)), round(x * (width - w))
        if wanted is not None:
            top, left = _around(wanted[0], y, h, height), _around(wanted[1], x, w, width)
        return _resized(image[:, top : top + h, left : left + w], mask[top : top + h, left : left + w], height, width)
    h, w = max(8, round(height * scale)), max(8, round(width * scale))
    top, left = round(y * (height - h)), round(x * (width - w))
    padding = (left, width - w - left, top, height - h - top)
    small, small_mask = _resized(image, mask, h, w)
    return F.pad(small, padding, value=114), F.pad(small_mask, padding, value=IGNORE_INDEX)


def _resized(image: torch.Tensor, mask: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Both at this size, in pixels: the value at a point and the class at the same point."""
    size = [height, width]
    return (
        TF.resize(image, size, InterpolationMode.BILINEAR, antialias=True),
        TF.resize(mask[None], size, InterpolationMode.NEAREST_EXACT)[0],
    )


def _rare_pixel(mask: NDArray[np.uint8], crop_weights: torch.Tensor, which_class: float, which_pixel: float) -> Pixel:
    """(row, column) of any pixel of a class, drawn by weight among those that the mask holds."""
    counts = np.bincount(mask.ravel(), minlength=len(crop_weights))[: len(crop_weights)]
    there = counts > 0
    summed = (crop_weights.numpy() * there + there * 1e-6).cumsum()
    chosen = min(int(np.searchsorted(summed, which_class * summed[-1], side="right")), len(crop_weights) - 1)
    pixels = np.flatnonzero(mask == chosen)
    row, column = divmod(int(pixels[min(int(which_pixel * len(pixels)), len(pixels) - 1)]), mask.shape[1])
    return row, column


def _around(pixel: int, offset: float, length: int, whole: int) -> int:
    """Where a crop begins so that a pixel lies in it, `offset` (0..1) of the way in if the picture's edge allows it."""
    return min(max(0, pixel - int(offset * length)), whole - length)


def _recolour(images: torch.Tensor, jitter: float, draws: AugmentationDraws) -> torch.Tensor:
    """Brightness, contrast and saturation by factors in 1 - jitter..1 + jitter, each image by its own.

    torchvision's ColorJitter, which was used before, takes one factor for a whole batch; its formulas are these.
    """
    factors = [
        (1 + jitter * (2 * chance - 1)).to(images.device, non_blocking=True)[:, None, None, None]
        for chance in (draws.brightness, draws.contrast, draws.saturation)
    ]
    # On a CPU one after another: an image's floats stay in the processor's cache, where a batch's do not.
    at_once = 1 if images.device.type == "cpu" else len(images)
    parts = zip(images.split(at_once), *(f.split(at_once) for f in factors), strict=True)
    return torch.cat([_recoloured(*part) for part in parts])


def _recoloured(
    images: torch.Tensor, brightness: torch.Tensor, contrast: torch.Tensor, saturation: torch.Tensor
) -> torch.Tensor:
    out = images.to(torch.float32).mul_(brightness).clamp_(0, 255)
    mean = _grey(out.mean((2, 3), keepdim=True))
    out.mul_(contrast).add_(mean * (1 - contrast)).clamp_(0, 255)
    grey = _grey(out)
    return out.mul_(saturation).add_(grey.mul_(1 - saturation)).clamp_(0, 255).round_().to(torch.uint8)


def _grey(images: torch.Tensor) -> torch.Tensor:
    """Grey values float [N, 1, H, W] of float [N, 3, H, W]."""
    red, green, blue = images.split(1, dim=1)
    grey: torch.Tensor = red * GREY[0]
    return grey.add_(green, alpha=GREY[1]).add_(blue, alpha=GREY[2])
