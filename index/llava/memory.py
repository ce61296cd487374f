"""How much memory a model takes, from its files and before they are read, against what is free; and where it goes."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Placement:
    """Where a model goes and as what type: onto one device, or, where none has room, in parts onto several GPUs.

    `memory` are the bytes that each of these GPUs may take, by number; None for one device.
    """

    device: str
    dtype: torch.dtype
    memory: dict[int, int] | None = None


def weights_bytes(folder: Path) -> int:
    """Bytes of the safetensors files in a folder; 0 where there are none."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def gpu_count() -> int:
    """The GPUs that may be used."""
    return int(torch.cuda.device_count())


def free_bytes(device: str) -> int:
    """Memory that is free on a device."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    return int(psutil.virtual_memory().available)


def place(device: str, stored: int, config: Any, name: str, quantise: str = "") -> Placement:
    """Chooses where weights go and as what type they are loaded: bfloat16 on GPUs, on a CPU float32 where it fits.

    Args:
        device: "cpu", one GPU ("cuda:1"), or "cuda" for that with most room, and for all where it has too little.
        stored: bytes of the weights' files; 0 where that is not known, and nothing is refused.
        config: of the model, which says what the files hold.

    Raises:
        BddsegError: there is not enough memory, with what is free and what helps.
    """
    held = getattr(config, "dtype", None)
    size = held.itemsize if isinstance(held, torch.dtype) else 2
    half = _SPARE * stored * 2 / size * _QUANTISED.get(quantise, 1.0)
    if device != "cuda":
        free = free_bytes(device)
        _refuse_too_large(half, free, "on the GPU" if device.startswith("cuda") else "in memory", name)
        if device.startswith("cuda"):
            return Placement(device, torch.bfloat16)
        return Placement(device, torch.float32 if 2 * half <= free else torch.bfloat16)
    room = {number: free_bytes(f"cuda:{number}") for number in range(gpu_count())}
    widest = max(room, key=lambda number: room[number])
    if half <= room[widest]:
        return Placement(f"cuda:{widest}", torch.bfloat16)
    _refuse_too_large(half, sum(room.values()), "on the GPU" if len(room) == 1 else f"on {len(room)} GPUs", name)
    return Placement(f"cuda:{widest}", torch.bfloat16, {number: int(free / _SPARE) for number, free in room.items()})


def _refuse_too_large(wanted: float, free: int, where: str, name: str) -> None:
    if wanted > free:
        needed, there = (f"{b / 1e9:.1f} GB" for b in (wanted, free))
        raise BddsegError(f"{sanitize(name)} takes about {needed}, and {there} are free {where}: {ADVICE}")
