"""Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174): activations are computed again instead of kept."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

from torch import is_grad_enabled, nn
from torch.utils.checkpoint import checkpoint

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def enable_gradient_checkpointing(model: nn.Module) -> int:
    """Makes each block of a U-Net keep only what goes into it; returns how many blocks there are.

    timm's `set_grad_checkpointing` is not used: SMP's own encoders have none, and no decoder has.
    """
    blocks = [b for part in (model.encoder, model.decoder) for b in _blocks(part)]  # type: ignore[arg-type]
    for block in blocks:
        block.forward = partial(_forward, block, block.forward)
    return len(blocks)


def _blocks(module: nn.Module) -> Iterator[nn.Module]:
    """The outermost modules with layers in them that stand in a list, as blocks of a stage do."""
    for child in module.children():
        if isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict) and _layers(child) > 1:
            if isinstance(child, nn.Sequential | nn.ModuleList | nn.ModuleDict) and len(list(child.children())) > 1:
                yield from _blocks(child)
            else:
                yield child
        else:
            yield from _blocks(child)


def _layers(module: nn.Module) -> int:
    return sum(1 for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear))


def _forward(block: nn.Module, forward: Any, *inputs: Any, **named: Any) -> Any:
    if not (block.training and is_grad_enabled()):
        return forward(*inputs, **named)
    contexts = partial(_contexts, block)
    return checkpoint(forward, *inputs, use_reentrant=False, context_fn=contexts, **named)


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), statistics_kept(block)


@contextmanager
def statistics_kept(block: nn.Module) -> Iterator[None]:
    """Keeps what is computed inside from counting in the block's running statistics: it is computed twice."""
    norms = [m for m in block.modules() if isinstance(m, _BATCH_NORMS)]
    momenta = [n.momentum for n in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
