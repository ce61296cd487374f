"""Finding the batch size (`batch_size=0`): the largest power of two whose step fits into memory."""

import copy
from typing import Any

import psutil
import torch
from accelerate import Accelerator
from accelerate.utils import find_executable_batch_size
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.gradient_checkpointing import recompute_activations
from bddseg_tui.train.losses import Loss
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise

LARGEST = 64
"""Of all processes together. A GPU holds far more small images, but then an epoch is a few steps only."""

SHARE = 0.5
"""Of the free memory that a step may take where there is no GPU, which would say no by itself."""


def find_batch_size(
    model: nn.Module, loss: Loss, config: TrainConfig, accelerator: Accelerator, images: int, smallest: int = 1
) -> int:
    """The largest power of two up to LARGEST, and up to the number of images, that fits on every process.

    `smallest` is how few images a part may have (`train/minimum_batch.py`).

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
        recompute_activations(trial)
    if accelerator.device.type == "cuda":
        with accelerator.autocast():
            own = _tried(trial, loss, config, accelerator.device, max(lowest, _power_of_two(most)), lowest)
    else:
        with accelerator.autocast():
            bytes_an_image = activation_bytes(trial, loss, config, accelerator.device, smallest)
        free = psutil.virtual_memory().available * SHARE / world
        own = max(lowest, _power_of_two(max(1, min(most, int(free // bytes_an_image)))))
    of_all = accelerator.gather(torch.tensor([own], device=accelerator.device)).min()
    return int(of_all.item()) * world


def activation_bytes(model: nn.Module, loss: Loss, config: TrainConfig, device: torch.device, smallest: int = 1) -> int:
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


def _peak(model: nn.Module, loss: Loss, config: TrainConfig, device: torch.device, count: int) -> int:
    live = Live()
    with live:
        _loss(model, loss, config, device, count * config.accumulate).backward()
    return live.peak


class Live(TorchDispatchMode):
    """Counts the bytes of tensors made inside it that are still alive; `peak` is the most there ever were.

    torch.profiler has these figures for CUDA's allocator alone.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._storages: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self._note, out)
        self._storages = {k: v for k, v in self._storages.items() if not v[0].expired()}
        self.peak = max(self.peak, sum(size for _, size in self._storages.values()))
        return out

    def _note(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        self._storages[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
        return tensor


def _tried(model: nn.Module, loss: Loss, config: TrainConfig, device: torch.device, start: int, lowest: int = 1) -> int:
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
        raise BddsegError(
            f"out of memory with a batch of {lowest} at {config.height}x{config.width}: "
            "try --set gradient_checkpointing=true, or a smaller height and width"
        ) from error


def _loss(model: nn.Module, loss: Loss, config: TrainConfig, device: torch.device, count: int) -> torch.Tensor:
    part = max(1, count // config.accumulate)
    images = torch.randint(0, 256, (part, 3, *config.size), dtype=torch.uint8, device=device)
    masks = torch.randint(0, NUM_CLASSES, (part, *config.size), device=device)
    return loss(forward(model, normalise(images, config.encoder)), masks)


def _power_of_two(count: int) -> int:
    return 1 << (count.bit_length() - 1)
