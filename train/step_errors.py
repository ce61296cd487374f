"""What a step that cannot be taken means, and what to do about it, in one line for a person."""

import torch
from torch import nn

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.train.trainer import Trainer


def non_finite_error(t: Trainer, what: str, value: float, step: int) -> BddsegError:
    """The error for a loss, a gradient or weights that are no numbers.

    The network's state says more where it is as it was when that was seen: steps are read when more have been taken.
    """
    kept = "the last good checkpoint is kept" if (t.folder / "last").exists() else "no checkpoint was made yet"
    at = f"the {what} became {value} at step {step} (epoch {t.progress.epoch + 1})"
    advice = f"lower learning_rate (it is {t.config.learning_rate:g})"
    precision = str(t.accelerator.mixed_precision)
    if precision != "no":
        advice += f", or set precision=fp32 (it is {precision})"
    if what in ("loss", "gradient"):
        return BddsegError(f"{at}; {kept}: {advice}")
    if broken := non_finite_weights(t.bare_model):
        return BddsegError(f"{at}, since weights are not finite any more, such as {broken[0]}; {kept}: {advice}")
    return BddsegError(f"{at}, though all weights are finite: the network's values grew too large; {kept}: {advice}")


def non_finite_weights(model: nn.Module) -> list[str]:
    """Names of a model's weights and statistics that hold NaN or infinity."""
    return [k for k, v in model.state_dict().items() if v.is_floating_point() and not v.isfinite().all()]


def out_of_memory_error(t: Trainer) -> BddsegError:
    """The error for a step that does not fit into memory."""
    height, width = t.config.train_size
    return BddsegError(
        f"out of memory with batch_size {t.batch_size} at {height}x{width}: "
        f"try --set batch_size={max(1, t.batch_size // 2)}, --set gradient_checkpointing=true, "
        f"or a smaller {' and '.join(t.config.side_names)}"
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error is about memory: torch has a class of its own for GPUs only."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and "memory" in text and "alloc" in text
