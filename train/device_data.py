"""Where the pixels of a split lie while a run trains: mapped from disk, or all of them on the GPU."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.train.cached_split import IGNORED, CachedSplit

SHARE = 0.4
"""Of the GPU's free memory that a split may take; the rest is for the step."""


@dataclass(frozen=True)
class SplitData:
    """The pixels of N samples, by size: images uint8 [S, 3, H, W] and masks uint8 [S, H, W] of each, in slots.

    `part`, int64 [N], says which size a sample has, `slots`, int64 [N], where it lies there; `on_device` that the
    pixels lie on the device. `ignored` are by sample pixels that are not learnt from, int64, counted along the rows,
    which are not marked in the slots.
    """

    images: tuple[torch.Tensor, ...]
    masks: tuple[torch.Tensor, ...]
    part: NDArray[np.int64]
    slots: NDArray[np.int64]
    on_device: bool
    ignored: Mapping[int, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def nbytes(self) -> int:
        """Bytes of all samples' pixels."""
        each = [images[0].nbytes + masks[0].nbytes for images, masks in zip(self.images, self.masks, strict=True)]
        return int(sum(np.bincount(self.part, minlength=len(each)) * each))

    def size(self, row: int) -> tuple[int, int]:
        """(height, width) of a sample in pixels."""
        height, width = self.masks[self.part[row]].shape[1:]
        return height, width

    def pair(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The image uint8 [3, H, W] and the mask uint8 [H, W] of a sample, as they lie there: seldom is one copied."""
        part, slot = self.part[row], int(self.slots[row])
        mask = self.masks[part][slot]
        if row in self.ignored:
            mask = mask.clone()
            mask.view(-1)[self.ignored[row]] = IGNORED
        return self.images[part][slot], mask

    def take(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
        """The images uint8 [n, 3, H, W] and masks uint8 [n, H, W] of these samples, which have one size."""
        part = self.part[rows[0]] if len(rows) else 0
        chosen = torch.from_numpy(self.slots[rows]).to(self.images[part].device)
        images, masks = self.images[part][chosen], self.masks[part][chosen]
        for place, row in enumerate(rows.tolist()) if self.ignored else ():
            if row in self.ignored:
                masks[place].view(-1)[self.ignored[row]] = IGNORED
        return images, masks

    def by_size(self, batch_size: int, pixels: int) -> list[NDArray[np.int64]]:
        """All samples in batches of one size each: `batch_size` of them, or fewer where each has more than `pixels`.

        In the dataset's order within each size.
        """
        found = []
        for part, masks in enumerate(self.masks):
            rows = np.flatnonzero(self.part == part)
            height, width = masks.shape[1:]
            count = max(1, min(batch_size, batch_size * pixels // (height * width)))
            found += [rows[start : start + count] for start in range(0, len(rows), count)]
        return found


def load_split(split: CachedSplit, device: torch.device) -> SplitData:
    """The split's pixels: on the GPU when they fit, so that no step waits for the bus; else as the cache maps them."""
    images, masks = zip(*((_mapped(p.images), _mapped(p.masks)) for p in split.parts), strict=True)
    ignored = {row: torch.from_numpy(pixels) for row, pixels in split.ignored.items()}
    mapped = SplitData(images, masks, split.part, split.slots, False, ignored)
    fits = device.type == "cuda" and mapped.nbytes < SHARE * torch.cuda.mem_get_info(device)[0]
    return to_device(mapped, device) if fits else mapped


def to_device(pixels: SplitData, device: torch.device) -> SplitData:
    """Copies the pixels to the device, a thousand images at a time, so that the main memory never holds them all."""
    slots = np.zeros_like(pixels.slots)
    copied = [_copied(pixels, part, slots, device) for part in range(len(pixels.images))]
    images, masks = zip(*copied, strict=True)
    return SplitData(images, masks, pixels.part, slots, True)


def _copied(
    pixels: SplitData, part: int, slots: NDArray[np.int64], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """One size's images and masks on the device; notes in `slots` where they lie there."""
    rows = np.flatnonzero(pixels.part == part)
    images = torch.empty((len(rows), *pixels.images[part].shape[1:]), dtype=torch.uint8, device=device)
    masks = torch.empty((len(rows), *pixels.masks[part].shape[1:]), dtype=torch.uint8, device=device)
    for start in range(0, len(rows), 1000):
        some_images, some_masks = pixels.take(rows[start : start + 1000])
        images[start : start + 1000].copy_(some_images)
        masks[start : start + 1000].copy_(some_masks)
    slots[rows] = np.arange(len(rows))
    return images, masks


def _mapped(array: NDArray[np.uint8]) -> torch.Tensor:
    """A tensor over the mapped file, which is read-only: nothing here writes into it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(array)
