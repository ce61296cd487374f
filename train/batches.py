"""Batches of the training cache, in an order that the seed and the epoch alone decide."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.train.device_data import SplitData

Batch = tuple[torch.Tensor, torch.Tensor]
In = TypeVar("In")
Out = TypeVar("Out")


def batches(
    pixels: SplitData, groups: Iterable[NDArray[np.int64]], device: torch.device, rank: int = 0, world: int = 1
) -> Iterator[Batch]:
    """Yields images uint8 [n, 3, H, W] and masks uint8 [n, H, W] on the device, each process its share of every batch.

    `groups` are the batches' samples, int64 [n] each, of one size; of process `rank` of `world` every `world`-th.
    What is not on the device is read ahead by a thread, one batch, into pinned memory where the device is a GPU.
    """
    if pixels.on_device:
        for rows in groups:
            yield pixels.take(rows[rank::world])
        return
    pinned = device.type == "cuda"

    def load(rows: NDArray[np.int64]) -> Batch:
        images, masks = pixels.take(rows[rank::world])
        return (images.pin_memory(), masks.pin_memory()) if pinned else (images, masks)

    for images, masks in ahead(load, groups):
        yield images.to(device, non_blocking=pinned), masks.to(device, non_blocking=pinned)


def ahead(make: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Yields `make(item)` of each item, in order; a thread makes the next one meanwhile."""
    with ThreadPoolExecutor(1, "batches") as pool:
        waiting: deque[Future[Out]] = deque()
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def in_batches(order: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """An order of samples, int64 [N], cut into batches."""
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def packed(pairs: Sequence[Batch]) -> torch.Tensor:
    """Images and masks uint8 of any shapes, one after another, uint8 [bytes] in pinned memory: one copy to a GPU."""
    parts = [part for pair in pairs for part in pair]
    whole = torch.empty(sum(part.numel() for part in parts), dtype=torch.uint8, pin_memory=torch.cuda.is_available())
    for place, part in zip(whole.split([part.numel() for part in parts]), parts, strict=True):
        place.view(part.shape).copy_(part)
    return whole


def unpacked(whole: torch.Tensor, shapes: Sequence[tuple[torch.Size, torch.Size]]) -> list[Batch]:
    """The pairs that were packed, wherever these bytes lie by now: nothing is copied."""
    flat = [shape for pair in shapes for shape in pair]
    parts = iter([p.view(s) for p, s in zip(whole.split([s.numel() for s in flat]), flat, strict=True)])
    return list(zip(parts, parts, strict=True))


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
