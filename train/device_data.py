"""Where the pixels of a split lie while a run trains: mapped from disk, or all of them on the GPU."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.train.cache import IGNORED, CachedSplit

SHARE = 0.4
"""Of the GPU's free memory that a split may take; the rest is for the step."""


@dataclass(frozen=True)
class SplitData:
    """Images uint8 [S, 3, H, W] and masks uint8 [S, H, W] in slots; `on_device` says that they lie on the device.

    `slots`, int64 [N] on the same device, says where each of the N samples is; `ignored` are by sample pixels that are
    not learnt from, int64, counted along the rows, which are not marked in the slots.
    """

    images: torch.Tensor
    masks: torch.Tensor
    slots: torch.Tensor
    on_device: bool
    ignored: Mapping[int, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.slots)

    def take(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """The images uint8 [n, 3, H, W] and masks uint8 [n, H, W] of these samples, where the split lies."""
        chosen = self.slots[torch.from_numpy(rows).to(self.slots.device)]
        images, masks = self.images[chosen], self.masks[chosen]
        for place, row in enumerate(rows.tolist()) if self.ignored else ():
            if row in self.ignored:
                masks[place].view(-1)[self.ignored[row]] = IGNORED
        return images, masks


def load_split(split: CachedSplit, device: torch.device) -> SplitData:
    """The split's pixels: on the GPU when they fit, so that no step waits for the bus; else as the cache maps them."""
    ignored = {row: torch.from_numpy(pixels) for row, pixels in split.ignored.items()}
    mapped = SplitData(_mapped(split.images), _mapped(split.masks), torch.from_numpy(split.slots), False, ignored)
    each = mapped.images[0].nbytes + mapped.masks[0].nbytes
    fits = device.type == "cuda" and len(mapped) * each < SHARE * torch.cuda.mem_get_info(device)[0]
    return to_device(mapped, device) if fits else mapped


def to_device(pixels: SplitData, device: torch.device) -> SplitData:
    """Copies the pixels to the device, a thousand images at a time, so that the main memory never holds them all."""
    count = len(pixels)
    images = torch.empty((count, *pixels.images.shape[1:]), dtype=torch.uint8, device=device)
    masks = torch.empty((count, *pixels.masks.shape[1:]), dtype=torch.uint8, device=device)
    for start in range(0, count, 1000):
        some_images, some_masks = pixels.take(np.arange(start, min(count, start + 1000)))
        images[start : start + 1000].copy_(some_images)
        masks[start : start + 1000].copy_(some_masks)
    return SplitData(images, masks, torch.arange(count, device=device), True)


def _mapped(array: NDArray[np.uint8]) -> torch.Tensor:
    """A tensor over the mapped file, which is read-only: nothing here writes into it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)
