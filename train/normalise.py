"""The mean and deviation that an encoder's weights were trained with, and normalising by them."""

from functools import cache
from typing import cast

import timm
import torch

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
Statistics = tuple[tuple[float, float, float], tuple[float, float, float]]


@cache
def statistics(encoder: str) -> Statistics:
    """(mean, standard deviation) by channel, of values 0..1.

    Google's EfficientNet-Lite were trained with 0.5 and 0.5 (tensorflow/tpu, efficientnet/lite): with ImageNet's own
    statistics photographs are recognised wrongly. Weights that are named by their tag have what timm says of them. All
    others have ImageNet's: checkpoints of earlier versions were trained so.
    """
    if "efficientnet_lite" in encoder:
        return _HALF
    if encoder.startswith("tu-") and "." in encoder and (about := timm.get_pretrained_cfg(encoder.removeprefix("tu-"))):
        return cast(Statistics, (about.mean, about.std))
    return IMAGENET


def normalise(images: torch.Tensor, encoder: str) -> torch.Tensor:
    """uint8 [N, 3, H, W] to float32, in channels_last memory, as the encoder wants it."""
    mean, deviation = (torch.tensor(v, device=images.device).view(1, 3, 1, 1) for v in statistics(encoder))
    floats = images.to(torch.float32).div_(255).sub_(mean).div_(deviation)
    return floats.contiguous(memory_format=torch.channels_last)
