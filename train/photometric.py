"""Photometric distortion as mmsegmentation has it: what SSD trained with (Liu et al. 2016, arXiv 1512.02325)."""

import torch
from torchvision.transforms.v2 import functional as TF

BRIGHTNESS = 32.0
"""Grey levels that are added, at most, either way."""
CONTRAST = SATURATION = (0.5, 1.5)
"""Smallest and largest factor."""
HUE = 18 / 180
"""Of the whole circle, at most, either way: OpenCV, which mmsegmentation uses, has 180 hues."""


def distorted(images: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
    """uint8 [N, 3, H, W], each image's brightness, contrast, saturation and hue changed with a chance of a half each.

    `draws`, float32 [N, 9] in 0..1 in the main memory, decide (`draw_distortions`): whether and how much for each of
    the four, and whether contrast comes before saturation and hue or after them.
    """
    return torch.stack([_distorted(image, *row) for image, row in zip(images, draws.tolist(), strict=True)])


def _distorted(image: torch.Tensor, *draws: float) -> torch.Tensor:
    brighter, brightness, contrast_first, other_contrast, contrast, saturate, saturation, turn, hue = draws
    out = image.to(torch.float32)
    if brighter < 0.5:
        out = out.add_(BRIGHTNESS * (2 * brightness - 1)).clamp_(0, 255)
    if other_contrast < 0.5 and contrast_first < 0.5:
        out = out.mul_(_between(CONTRAST, contrast)).clamp_(0, 255)
    if saturate < 0.5:
        # With hue and value as they are: each channel's distance from the largest one grows by the factor.
        value = out.amax(0, keepdim=True)
        out = value.sub(value.sub(out).mul_(_between(SATURATION, saturation))).clamp_(0, 255)
    if turn < 0.5:
        out = TF.adjust_hue(out / 255, HUE * (2 * hue - 1)).mul_(255)
    if other_contrast < 0.5 and contrast_first >= 0.5:
        out = out.mul_(_between(CONTRAST, contrast)).clamp_(0, 255)
    return out.round_().clamp_(0, 255).to(torch.uint8)


def _between(limits: tuple[float, float], draw: float) -> float:
    low, high = limits
    return low + (high - low) * draw
