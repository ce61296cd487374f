"""The mean and deviation that an encoder's weights were trained with, and normalising by them."""

import torch

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
Statistics = tuple[tuple[float, float, float], tuple[float, float, float]]


def statistics(encoder: str) -> Statistics:
    """(mean, standard deviation) by channel, of values 0..1.

    Google's EfficientNet-Lite were trained with 0.5 and 0.5 (tensorflow/tpu, efficientnet/lite): with ImageNet's own
    statistics, which timm has for them, photographs are recognised wrongly. All others have ImageNet's.
    """
    return _HALF if "efficientnet_lite" in encoder else IMAGENET


def normalise(images: torch.Tensor, encoder: str) -> torch.Tensor:
    """uint8 [N, 3, H, W] to float32, in channels_last memory, as the encoder wants it."""
    mean, deviation = (torch.tensor(v, device=images.device).view(1, 3, 1, 1) for v in statistics(encoder))
    floats = images.to(torch.float32).div_(255).sub_(mean).div_(deviation)
    return floats.contiguous(memory_format=torch.channels_last)
