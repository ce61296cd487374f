"""Whether weights from a file are those that a model needs: all there, of its shapes, and finite."""

from collections.abc import Collection, Mapping

import torch
from torch import nn

from bddseg_tui.core.sanitize import sanitize

_NAMED = 3


def needed(model: nn.Module) -> dict[str, torch.Tensor]:
    """What only training can give: parameters, and the statistics of batch normalisation."""
    statistics = ("running_mean", "running_var")
    return {
        **dict(model.named_parameters()),
        **{name: value for name, value in model.named_buffers() if name.endswith(statistics)},
    }


def misfit(model: nn.Module, state: Mapping[str, torch.Tensor], whole: bool = True) -> str | None:
    """What is wrong with the weights in a few words that name them, or None.

    Args:
        model: what they are for.
        state: the weights by the model's own names.
        whole: whether more than the model needs is wrong too.
    """
    own = model.state_dict()
    if missing := [name for name in needed(model) if name not in state]:
        return f"{_some(missing)} missing"
    if whole and (unexpected := [name for name in state if name not in own]):
        return f"{_some(unexpected)} unexpected"
    for name, value in state.items():
        if name in own and value.shape != own[name].shape:
            shapes = (tuple(value.shape), tuple(own[name].shape))
            return f"{sanitize(name)} is of shape {shapes[0]}, not {shapes[1]}"
    if broken := [name for name, value in state.items() if name in own and not is_finite(value)]:
        return f"{_some(broken)} not finite"
    return None


def is_finite(value: torch.Tensor) -> bool:
    """Whether a tensor is plain numbers in memory, none of them NaN or infinite."""
    if value.layout != torch.strided or value.device.type == "meta" or value.is_quantized or value.is_complex():
        return False
    return not value.is_floating_point() or bool(value.isfinite().all())


def _some(names: Collection[str]) -> str:
    """The first names, and "is" or "are"."""
    first = ", ".join(sanitize(name)[:80] for name in list(names)[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{first}{more} {'is' if len(names) == 1 else 'are'}"
