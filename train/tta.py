"""Test-time augmentation: the mean of the probabilities for an image, its mirror image, and other scales of both."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.train.model import forward

_SCALES = (0.75, 1.0, 1.25, 1.5)
_SMALLEST = 1e-8


def augmented_logits(model: nn.Module, images: torch.Tensor, tta: Tta) -> torch.Tensor:
    """Logits float32 [N, 20, H, W] of normalised images [N, 3, H, W].

    With augmentation these are logarithms of mean probabilities, which softmax makes into those probabilities again.
    """
    if tta == "none":
        return forward(model, images)
    total, views = torch.zeros(()), 0
    for logits in _views(model, images, tta):
        total = total.to(logits.device) + logits.softmax(dim=1)
        views += 1
    return (total / views).clamp_min(_SMALLEST).log()


def _views(model: nn.Module, images: torch.Tensor, tta: Tta) -> Iterator[torch.Tensor]:
    size = images.shape[-2:]
    for scale in _SCALES if tta == "scales" else (1.0,):
        scaled = images
        if scale != 1.0:
            smaller = [max(32, round(side * scale)) for side in size]
            scaled = F.interpolate(images, smaller, mode="bilinear", align_corners=False, antialias=scale < 1)
        for mirrored in (False, True):
            logits = forward(model, scaled.flip(-1) if mirrored else scaled)
            logits = logits.flip(-1) if mirrored else logits
            yield F.interpolate(logits, size, mode="bilinear", align_corners=False) if scale != 1.0 else logits
