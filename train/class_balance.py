"""Class balance: how often an image comes, and which classes crops are laid over."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES, NUM_OFFICIAL


def class_crop_weights(pixels: NDArray[np.int64]) -> torch.Tensor:
    """Weight of each class when a crop is laid over one, float32 [20]: 1 / sqrt(share of pixels), and 0 for unknown.

    `pixels` are counts by class, int64 [20].
    """
    share = pixels / max(1, pixels.sum())
    weights = np.zeros(NUM_CLASSES, np.float32)
    occurs = share[:NUM_OFFICIAL] > 0
    weights[:NUM_OFFICIAL][occurs] = 1 / np.sqrt(share[:NUM_OFFICIAL][occurs])
    return torch.from_numpy(weights)


def repeat_factors(masks: Iterable[NDArray[np.uint8]], threshold: float) -> NDArray[np.float64]:
    """How often each image is to come, float64 [N] from 1 up, from N masks uint8 [H, W].

    Repeat-factor sampling (LVIS, Gupta et al. 2019, arXiv 1908.03195): max over an image's classes of
    sqrt(threshold / share of images that hold the class).
    """
    holds = np.stack([np.bincount(m.ravel(), minlength=256)[:NUM_OFFICIAL] > 0 for m in masks])
    share = holds.mean(axis=0)
    factor = np.ones(NUM_OFFICIAL)
    factor[share > 0] = np.maximum(1.0, np.sqrt(threshold / share[share > 0]))
    return np.asarray(np.where(holds, factor, 1.0).max(axis=1))
