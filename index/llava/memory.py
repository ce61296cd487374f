"""How much memory a model takes, from its files and before they are read, against what is free."""

from pathlib import Path
from typing import Any

import psutil
import torch

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

_SPARE = 1.15
"""Beside its weights a model needs room for what it computes."""
_QUANTISED = {"4bit": 0.3, "8bit": 0.55}
"""Share of 16-bit weights that quantised ones take."""
ADVICE = "set quantise=4bit (on a GPU), choose a smaller model, or name a server"


def weights_bytes(folder: Path) -> int:
    """Bytes of the safetensors files in a folder; 0 where there are none."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def free_bytes(device: str) -> int:
    """Memory that is free on a device."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    return int(psutil.virtual_memory().available)


def choose_dtype(device: str, stored: int, config: Any, name: str, quantise: str = "") -> torch.dtype:
    """The type that weights are loaded as: bfloat16 on a GPU, on a CPU float32 where it fits.

    Args:
        stored: bytes of the weights' files; 0 where that is not known, and nothing is refused.
        config: of the model, which says what the files hold.

    Raises:
        BddsegError: there is not enough memory, with what is free and what helps.
    """
    held = getattr(config, "dtype", None)
    size = held.itemsize if isinstance(held, torch.dtype) else 2
    free = free_bytes(device)
    half = _SPARE * stored * 2 / size * _QUANTISED.get(quantise, 1.0)
    if half > free:
        needed, there = (f"{b / 1e9:.1f} GB" for b in (half, free))
        where = "on the GPU" if device.startswith("cuda") else "in memory"
        raise BddsegError(f"{sanitize(name)} takes about {needed}, and {there} are free {where}: {ADVICE}")
    if device.startswith("cuda"):
        return torch.bfloat16
    return torch.float32 if 2 * half <= free else torch.bfloat16
