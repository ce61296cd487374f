"""Finding the batch size (`batch_size=0`): the largest power of two whose step fits into memory."""

import copy

import psutil
import torch
from accelerate import Accelerator
from accelerate.utils import find_executable_batch_size
from torch import nn

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.gradient_checkpointing import enable_gradient_checkpointing
from bddseg_tui.train.live_tensor_bytes import LiveTensorBytes
from bddseg_tui.train.losses import LossFunction
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise

LARGEST = 64
"""Of all processes together. A GPU holds far more small images, but then an epoch is a few steps only."""

SHARE = 0.5
"""Of the free memory that a step may take where there is no GPU, which would say no by itself."""


def find_batch_size(
    model: nn.Module, loss: LossFunction, config: TrainConfig, accelerator: Accelerator, images: int, smallest: int = 1
) -> int:
    """The largest power of two up to LARGEST, and up to the number of images, that fits on every process.

    `smallest` is the minimum micro-batch (`train/minimum_batch.py`).

    On a GPU a step is tried, and its half whenever memory runs out. On a CPU the operating system would kill the
    process instead of refusing it, so the memory that one image takes is counted and compared with what is free.

    Raises:
        BddsegError: not even the smallest batch fits.
    """
    world: int = accelerator.num_processes
    lowest = 1 if smallest == 1 else smallest * config.accumulate
    most = max(1, min(LARGEST, images) // world)
    # Before processes wait for each other in batch normalisation: one may run out of memory where another does not.
    trial = copy.deepcopy(model).to(accelerator.device).train()
    if config.gradient_checkpointing:
        enable_gradient_checkpointing(trial)
    if accelerator.device.type == "cuda":
        with accelerator.autocast():
            own = halve_until_it_fits(trial, loss, config, accelerator.device, max(lowest, _power_of_two(most)), lowest)
    else:
        with accelerator.autocast():
            bytes_an_image = activation_bytes(trial, loss, config, accelerator.device, smallest)
        free = psutil.virtual_memory().available * SHARE / world
        own = max(lowest, _power_of_two(max(1, min(most, int(free // bytes_an_image)))))
    of_all = accelerator.gather(torch.tensor([own], device=accelerator.device)).min()
    return int(of_all.item()) * world


def activation_bytes(
    model: nn.Module, loss: LossFunction, config: TrainConfig, device: torch.device, smallest: int = 1
) -> int:
    """Bytes that each further image of a batch adds to the most that a step's tensors take at any time.

    The batch is doubled until its images, and not the weights and their gradients, decide about that.
    """
    peaks = [0, _peak(model, loss, config, device, smallest)]
    count = smallest
    while peaks[-1] < 1.5 * peaks[-2] or count < 4:
        if count == LARGEST:
            break
        count *= 2
        peaks.append(_peak(model, loss, config, device, count))
    return max(1, (peaks[-1] - peaks[-2]) // (count // 2 * config.accumulate))


def _peak(model: nn.Module, loss: LossFunction, config: TrainConfig, device: torch.device, count: int) -> int:
    live = LiveTensorBytes()
    with live:
        _loss(model, loss, config, device, count * config.accumulate).backward()
    return live.peak


def halve_until_it_fits(
    model: nn.Module, loss: LossFunction, config: TrainConfig, device: torch.device, start: int, lowest: int = 1
) -> int:
    """Tries steps of `start` images, then half as many where memory runs out, down to `lowest`; returns how many fit.

    Raises:
        BddsegError: not even `lowest` do.
    """
    size = start

    def halve() -> int:
        nonlocal size
        size = size // 2 if size // 2 >= lowest else 0
        return size

    optimizer = torch.optim.AdamW(model.parameters())

    def attempt(batch_size: int) -> int:
        # Twice: the first step allocates gradients and the optimizer's state, beside which the second must fit.
        for _ in range(2):
            _loss(model, loss, config, device, batch_size).backward()
            optimizer.step()
        return batch_size

    try:
        return int(find_executable_batch_size(attempt, starting_batch_size=start, reduce_batch_size_fn=halve)())
    except RuntimeError as error:
        if size:
            raise
        height, width = config.train_size
        raise BddsegError(
            f"out of memory with a batch of {lowest} at {height}x{width}: "
            f"try --set gradient_checkpointing=true, or a smaller {' and '.join(config.side_names)}"
        ) from error


def _loss(model: nn.Module, loss: LossFunction, config: TrainConfig, device: torch.device, count: int) -> torch.Tensor:
    micro_batch = max(1, count // config.accumulate)
    images = torch.randint(0, 256, (micro_batch, 3, *config.train_size), dtype=torch.uint8, device=device)
    masks = torch.randint(0, NUM_CLASSES, (micro_batch, *config.train_size), device=device)
    return loss(forward(model, normalise(images, config.encoder)), masks)


def _power_of_two(count: int) -> int:
    return 1 << (count.bit_length() - 1)
