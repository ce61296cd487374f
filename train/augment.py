"""Augmentation of a batch, on its device, from torch's global random state alone."""

import torch
import torch.nn.functional as F
from torchvision.transforms.v2 import ColorJitter, InterpolationMode
from torchvision.transforms.v2 import functional as TF

from core.config import TrainConfig
from train.losses import PADDING


def augment(
    images: torch.Tensor, masks: torch.Tensor, config: TrainConfig, rarity: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Zooms, mirrors and recolours; shapes and dtypes stay (uint8 [N, 3, H, W] and uint8 [N, H, W]).

    `rarity`, float [20], says how much a class is wanted in crops (`config.rare_crops` of them).

    Pixels that zooming out adds have mask value 255, which no loss counts.
    """
    if config.flip:
        chosen = torch.rand(len(images)).lt(0.5).to(images.device)
        images = torch.where(chosen[:, None, None, None], images.flip(-1), images)
        masks = torch.where(chosen[:, None, None], masks.flip(-1), masks)
    if config.scale_min < 1 or config.scale_max > 1:
        pairs = [_zoom(i, m, config, rarity) for i, m in zip(images, masks, strict=True)]
        images = torch.stack([i for i, _ in pairs])
        masks = torch.stack([m for _, m in pairs])
    if config.color_jitter > 0:
        jitter = ColorJitter(config.color_jitter, config.color_jitter, config.color_jitter)
        half = max(1, len(images) // 2)
        images = torch.cat([jitter(part) for part in torch.split(images, half)])
    return images, masks


def _zoom(
    image: torch.Tensor, mask: torch.Tensor, config: TrainConfig, rarity: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """One image zoomed by a random factor about a random point; log-uniform, so that in and out are alike."""
    low, high = torch.tensor([config.scale_min, config.scale_max]).log()
    scale = float((low + (high - low) * torch.rand(())).exp())
    x, y = torch.rand(2).tolist()
    height, width = mask.shape
    if scale >= 1:
        h, w = max(8, round(height / scale)), max(8, round(width / scale))
        top, left = round(y * (height - h)), round(x * (width - w))
        if rarity is not None and config.rare_crops and float(torch.rand(())) < config.rare_crops:
            top, left = _over_rare_pixel(mask, rarity, (h, w), (y, x))
        size = [height, width]
        image = TF.resized_crop(image, top, left, h, w, size, InterpolationMode.BILINEAR, antialias=True)
        return image, TF.resized_crop(mask[None], top, left, h, w, size, InterpolationMode.NEAREST)[0]
    h, w = max(8, round(height * scale)), max(8, round(width * scale))
    top, left = round(y * (height - h)), round(x * (width - w))
    padding = (left, width - w - left, top, height - h - top)
    small = TF.resize(image, [h, w], InterpolationMode.BILINEAR, antialias=True)
    small_mask = TF.resize(mask[None], [h, w], InterpolationMode.NEAREST)[0]
    return F.pad(small, padding, value=114), F.pad(small_mask, padding, value=PADDING)


def _over_rare_pixel(
    mask: torch.Tensor, rarity: torch.Tensor, size: tuple[int, int], offset: tuple[float, float]
) -> tuple[int, int]:
    """(top, left) of a crop that holds a pixel of a class, drawn by rarity among the mask's, `offset` (0..1) in it."""
    there = torch.bincount(mask.flatten().int(), minlength=len(rarity))[: len(rarity)].cpu() > 0
    chosen = int(torch.multinomial(rarity * there + there * 1e-6, 1))
    pixels = (mask.flatten() == chosen).nonzero()[:, 0]
    pixel = int(pixels[int(torch.randint(len(pixels), ()))])
    height, width = mask.shape
    row, column = divmod(pixel, width)
    top = min(max(0, row - int(offset[0] * size[0])), height - size[0])
    left = min(max(0, column - int(offset[1] * size[1])), width - size[1])
    return top, left
