"""The batches that a run's steps take: read, cropped and augmented, on the run's device.

What is left to chance and where each crop lies is decided in the main memory, a batch ahead where there is something
to read. Of an image that lies there no more is sent to a GPU than its crop.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.train.augment import cut, finished
from bddseg_tui.train.batches import Batch, ahead, in_batches, packed, unpacked
from bddseg_tui.train.crops import Crop, draw_crops, rare_pixels
from bddseg_tui.train.draws import AugmentationDraws, draw_augmentations, draw_distortions, draw_tries
from bddseg_tui.train.trainer import Trainer


@dataclass(frozen=True)
class DrawnBatch:
    """Which samples this process takes in a step, int64 [n], and what was drawn for them."""

    rows: NDArray[np.int64]
    draws: AugmentationDraws
    distortions: torch.Tensor | None
    crops: list[Crop]


def training_batches(t: Trainer, order: NDArray[np.int64], position: int = 0) -> Iterator[Batch]:
    """Yields images uint8 [n, 3, H, W] and masks uint8 [n, H, W], augmented, for each step of the current epoch.

    `order` are the samples of all processes, int64 [N]; `position` is the number of the first batch in its epoch, on
    which what is drawn depends. Each process has its share of every batch.
    """
    epoch, rank, world = t.progress.epoch, t.accelerator.process_index, t.accelerator.num_processes

    def drawn(numbered: tuple[int, NDArray[np.int64]]) -> DrawnBatch:
        number, rows = numbered
        return draw_batch(t, rows[rank::world], (t.config.seed, epoch, position + number))

    numbered = enumerate(in_batches(order, t.batch_size))
    if t.train.on_device or t.device.type == "cpu":
        for item in numbered:
            batch = drawn(item)
            yield _finished(t, batch, _pairs(t, batch))
    else:
        for batch, shapes, pixels in ahead(lambda item: _packed(t, drawn(item)), numbered):
            yield _finished(t, batch, unpacked(pixels.to(t.device, non_blocking=True), shapes))


def draw_batch(t: Trainer, rows: NDArray[np.int64], seed: tuple[int, ...]) -> DrawnBatch:
    """What is drawn for this process's samples of the batch that `seed` names; nothing of it asks the device."""
    config, ranks = t.config, (t.accelerator.process_index, t.accelerator.num_processes)
    draws = draw_augmentations(len(rows), seed, *ranks)
    masks = [t.labels.mask(int(row)) for row in rows] if t.labels is not None else []
    wanted = []
    if t.labels is not None and t.crop_weights is not None:
        wanted = rare_pixels(masks, draws, config.rare_crops, t.crop_weights, t.labels.counts[rows])
    tries = draw_tries(len(rows), seed, *ranks) if config.cat_max_ratio < 1 else None
    sizes = [t.train.size(int(row)) for row in rows]
    return DrawnBatch(
        rows=rows,
        draws=draws,
        distortions=draw_distortions(len(rows), seed, *ranks) if config.photometric_distortion else None,
        crops=draw_crops(sizes, config, draws, wanted, masks, tries),
    )


def _pairs(t: Trainer, batch: DrawnBatch) -> list[Batch]:
    return [cut(*t.train.pair(int(row)), crop) for row, crop in zip(batch.rows, batch.crops, strict=True)]


def _packed(t: Trainer, batch: DrawnBatch) -> tuple[DrawnBatch, list[tuple[torch.Size, torch.Size]], torch.Tensor]:
    pairs = _pairs(t, batch)
    return batch, [(image.shape, mask.shape) for image, mask in pairs], packed(pairs)


def _finished(t: Trainer, batch: DrawnBatch, pairs: list[Batch]) -> Batch:
    return finished(pairs, batch.crops, t.config, batch.draws, batch.distortions)
