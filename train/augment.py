"""Augmentation of a batch, on its device.

What is left to chance is drawn for each image of the whole batch, from seed, epoch and step alone: however many
processes share the batch, and wherever a run is resumed, an image comes out the same.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.losses import IGNORE_INDEX

GREY = (0.2989, 0.587, 0.114)
"""Weights of red, green and blue in an image's grey, as torchvision has them (ITU-R BT.601)."""


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
    crop_weights: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirrors, zooms and recolours; shapes and dtypes stay (uint8 [N, 3, H, W] and uint8 [N, H, W]).

    `crop_weights`, float [20], say over which classes crops are laid (`config.rare_crops` of them).

    Pixels that zooming out adds have mask value 255, which no loss counts.
    """
    if config.flip:
        chosen = draws.mirror.lt(0.5).to(images.device)
        images = torch.where(chosen[:, None, None, None], images.flip(-1), images)
        masks = torch.where(chosen[:, None, None], masks.flip(-1), masks)
    if config.scale_min < 1 or config.scale_max > 1:
        pairs = [_zoom(images[i], masks[i], config, draws, i, crop_weights) for i in range(len(images))]
        images = torch.stack([i for i, _ in pairs])
        masks = torch.stack([m for _, m in pairs])
    if config.color_jitter > 0:
        images = _recolour(images, config.color_jitter, draws)
    return images, masks


def _zoom(
    image: torch.Tensor,
    mask: torch.Tensor,
    config: TrainConfig,
    draws: AugmentationDraws,
    i: int,
    crop_weights: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """One image zoomed by a random factor about a random point; log-uniform, so that in and out are alike."""
    low, high = np.log([config.scale_min, config.scale_max])
    scale = float(np.exp(low + (high - low) * float(draws.zoom[i])))
    x, y = float(draws.x[i]), float(draws.y[i])
    height, width = mask.shape
    if scale >= 1:
        h, w = max(8, round(height / scale)), max(8, round(width / scale))
        top, left = round(y * (height - h)), round(x * (width - w))
        if crop_weights is not None and float(draws.over_rare[i]) < config.rare_crops:
            row, column = _rare_pixel(mask, crop_weights, float(draws.rare_class[i]), float(draws.rare_pixel[i]))
            top, left = _around(row, y, h, height), _around(column, x, w, width)
        size = [height, width]
        image = TF.resized_crop(image, top, left, h, w, size, InterpolationMode.BILINEAR, antialias=True)
        return image, TF.resized_crop(mask[None], top, left, h, w, size, InterpolationMode.NEAREST)[0]
    h, w = max(8, round(height * scale)), max(8, round(width * scale))
    top, left = round(y * (height - h)), round(x * (width - w))
    padding = (left, width - w - left, top, height - h - top)
    small = TF.resize(image, [h, w], InterpolationMode.BILINEAR, antialias=True)
    small_mask = TF.resize(mask[None], [h, w], InterpolationMode.NEAREST)[0]
    return F.pad(small, padding, value=114), F.pad(small_mask, padding, value=IGNORE_INDEX)


def _rare_pixel(
    mask: torch.Tensor, crop_weights: torch.Tensor, which_class: float, which_pixel: float
) -> tuple[int, int]:
    """(row, column) of any pixel of a class, drawn by weight among those that the mask holds."""
    counts = torch.bincount(mask.flatten().int(), minlength=len(crop_weights))[: len(crop_weights)].cpu()
    there = counts > 0
    summed = (crop_weights * there + there * 1e-6).cumsum(0)
    chosen = min(int(torch.searchsorted(summed, which_class * summed[-1], right=True)), len(crop_weights) - 1)
    pixels = (mask.flatten() == chosen).nonzero()[:, 0]
    return divmod(int(pixels[min(int(which_pixel * len(pixels)), len(pixels) - 1)]), mask.shape[1])


def _around(pixel: int, offset: float, length: int, whole: int) -> int:
    """Where a crop begins so that a pixel lies in it, `offset` (0..1) of the way in if the picture's edge allows it."""
    return min(max(0, pixel - int(offset * length)), whole - length)


def _recolour(images: torch.Tensor, jitter: float, draws: AugmentationDraws) -> torch.Tensor:
    """Brightness, contrast and saturation by factors in 1 - jitter..1 + jitter, each image by its own.

    torchvision's ColorJitter, which was used before, takes one factor for a whole batch; its formulas are these.
    """
    brightness, contrast, saturation = (
        (1 + jitter * (2 * chance - 1)).to(images.device)[:, None, None, None]
        for chance in (draws.brightness, draws.contrast, draws.saturation)
    )
    weights = torch.tensor(GREY, device=images.device)[:, None, None]
    out = (images * brightness).clamp(0, 255)
    mean = (out * weights).sum(1, keepdim=True).mean((2, 3), keepdim=True)
    out = (mean + (out - mean) * contrast).clamp(0, 255)
    grey = (out * weights).sum(1, keepdim=True)
    return (grey + (out - grey) * saturation).clamp(0, 255).round().to(torch.uint8)
