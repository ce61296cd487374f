"""Batches of the training cache, in an order that the seed and the epoch alone decide."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.train.device_data import SplitData

Batch = tuple[torch.Tensor, torch.Tensor]


def batches(
    pixels: SplitData, order: NDArray[np.int64], batch_size: int, device: torch.device, rank: int = 0, world: int = 1
) -> Iterator[Batch]:
    """Yields images uint8 [n, 3, H, W] and masks uint8 [n, H, W] on the device, each process its share of every batch.

    `order`, int64 [N], are the samples in the order in which they come; of process `rank` of `world` every `world`-th.
    What is not on the device is read ahead by a thread, one batch, into pinned memory where the device is a GPU.
    """
    starts = range(0, len(order), batch_size)
    if pixels.on_device:
        for start in starts:
            yield pixels.take(order[start : start + batch_size][rank::world])
        return
    pinned = device.type == "cuda"

    def load(rows: NDArray[np.int64]) -> Batch:
        images, masks = pixels.take(rows[rank::world])
        return (images.pin_memory(), masks.pin_memory()) if pinned else (images, masks)

    with ThreadPoolExecutor(1, "batches") as pool:
        ahead = None
        for start in starts:
            current = ahead or pool.submit(load, order[start : start + batch_size])
            following = order[start + batch_size : start + 2 * batch_size]
            ahead = pool.submit(load, following) if len(following) else None
            images, masks = current.result()
            yield images.to(device, non_blocking=pinned), masks.to(device, non_blocking=pinned)


def epoch_order(
    count: int, batch_size: int, seed: int, epoch: int, factors: NDArray[np.float64] | None = None
) -> NDArray[np.int64]:
    """The order of an epoch, int64: a permutation, cut to whole batches unless that would leave none.

    With `factors` (float64 [count], from 1 up) as many images are drawn, each in proportion to its factor.
    """
    random = np.random.default_rng([seed, epoch])
    if factors is None:
        order = random.permutation(count)
    else:
        order = random.choice(count, count, replace=True, p=factors / factors.sum())
    return order[: max(batch_size, count // batch_size * batch_size)] if count >= batch_size else order
