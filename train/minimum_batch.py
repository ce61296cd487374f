"""How few images a micro-batch may have: a normalisation over a single value cannot be trained."""

import copy

import torch
from torch import nn

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.train.model import forward

SINGLE_VALUE = "Expected more than 1 value per channel"
"""How torch's ValueError begins where batch normalisation has one value a channel, whose variance is 0."""


def minimum_micro_batch(model: nn.Module, size: tuple[int, int]) -> int:
    """1, or 2 where one image of this (height, width) leaves batch normalisation one value a channel.

    At 32x32 that is so with most encoders, which halve five times; with those that normalise what they have averaged
    over the whole image it is so at any size. Tried on the meta device, where tensors have shapes and no content.

    Raises:
        BddsegError: the encoder takes no images of this size.
    """
    trial = copy.deepcopy(model).to("meta").train()
    try:
        forward(trial, torch.empty(1, 3, *size, device="meta"))
    except (RuntimeError, NotImplementedError):
        # The meta device cannot tell; the first step will.
        return 1
    except Exception as error:
        if SINGLE_VALUE in str(error):
            return 2
        reason = sanitize(str(error)).partition(". ")[0][:160] or type(error).__name__
        raise BddsegError(f"the encoder takes no images of {size[0]}x{size[1]}: {reason}") from error
    return 1


def check_micro_batches(model: nn.Module, config: TrainConfig, images: int, processes: int) -> int:
    """Returns the minimum micro-batch; `images` are those of one step, over all processes.

    Raises:
        BddsegError: the images are too few for the processes or for `accumulate`; the message names the settings.
    """
    if images < processes:
        raise BddsegError(
            f"{images} image{'s' if images != 1 else ''} a step cannot be shared by {processes} processes: "
            f"set batch_size={processes} or more (with as many training images), or processes={max(1, images)}"
        )
    # Several processes normalise over the images of all.
    smallest = minimum_micro_batch(model, config.train_size) if processes == 1 else 1
    if images // min(config.accumulate, images) < smallest:
        height, width = config.train_size
        raise BddsegError(
            f"one image of {height}x{width} by itself leaves batch normalisation a single value a channel, which "
            f"cannot be trained: set {_advice(model, config, images)}"
        )
    return smallest


def _advice(model: nn.Module, config: TrainConfig, images: int) -> str:
    """Settings with which no micro-batch is a single image, or a single image is enough."""
    height, width = (2 * side for side in config.train_size)
    down, across = config.side_names
    size = f", or {down}={height} and {across}={width}" if minimum_micro_batch(model, (height, width)) == 1 else ""
    if images > 1:
        return f"accumulate={images // 2}{size}"
    return f"batch_size=2{size}" if config.batch_size == 1 else f"another train_limit or add training images{size}"
