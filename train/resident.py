"""Where the pixels of a split lie while a run trains: mapped from disk, or all of them on the GPU."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from train.cache import CachedSplit

SHARE = 0.4
"""Of the GPU's free memory that a split may take; the rest is for the step."""


@dataclass(frozen=True)
class Pixels:
    """Images uint8 [N, 3, H, W] and masks uint8 [N, H, W]; `resident` says that they lie on the device."""

    images: torch.Tensor
    masks: torch.Tensor
    resident: bool

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """The images and masks of these rows, where the split lies."""
        chosen = torch.from_numpy(rows).to(self.images.device)
        return self.images[chosen], self.masks[chosen]


def pixels_of(split: CachedSplit, device: torch.device) -> Pixels:
    """The split's pixels: on the GPU when they fit, so that no step waits for the bus; else as the cache maps them."""
    images, masks = _mapped(split.images), _mapped(split.masks)
    fits = device.type == "cuda" and images.nbytes + masks.nbytes < SHARE * torch.cuda.mem_get_info(device)[0]
    return to_device(images, masks, device) if fits else Pixels(images, masks, False)


def to_device(images: torch.Tensor, masks: torch.Tensor, device: torch.device) -> Pixels:
    """Copies the pixels to the device, a thousand images at a time, so that the main memory never holds them all."""
    kept = torch.empty_like(images, device=device), torch.empty_like(masks, device=device)
    for target, source in zip(kept, (images, masks), strict=True):
        for start in range(0, len(source), 1000):
            target[start : start + 1000].copy_(source[start : start + 1000])
    return Pixels(*kept, True)


def _mapped(array: NDArray[np.uint8]) -> torch.Tensor:
    """A tensor over the mapped file, which is read-only: nothing here writes into it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)
