"""Reading weights from a file that others made: none of its code is run, and what is no weights is refused."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.regular_file import open_regular
from bddseg_tui.core.sanitize import sanitize, sanitize_path

SUFFIXES = (".safetensors", ".pth", ".pt")
LARGEST = 16 << 30
"""Bytes. The largest encoder there is has 4 GB; a training checkpoint has the optimizer's moments too."""
_WRAPPERS = ("state_dict", "model_state_dict", "model")
"""What training programs put the weights under."""


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors or .pth file by name, in the main memory.

    Raises:
        BddsegError: it is not there, is no such file, or holds something else than tensors.
    """
    _refuse_size(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # weights_only: a pickle may hold code, and this never runs it.
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    # torch's reader fails with whatever its parts raise: a dozen kinds, RecursionError and MemoryError among them.
    except Exception as error:
        reason = sanitize(str(error)).partition(". ")[0][:160] or type(error).__name__
        raise BddsegError(f"{sanitize_path(path)} cannot be read as weights ({reason})") from error
    found = _tensors(state)
    if found is None:
        raise BddsegError(f"{sanitize_path(path)} holds no weights: expected a state dict, tensors by name")
    return found


def _tensors(state: Any) -> dict[str, torch.Tensor] | None:
    if not isinstance(state, Mapping):
        return None
    for wrapper in _WRAPPERS:
        if isinstance(state.get(wrapper), Mapping):
            state = state[wrapper]
            break
    if not state or not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in state.items()):
        return None
    return dict(state)


def _refuse_size(path: Path) -> None:
    """Refuses what would not fit into memory, and what is no file, before anything is read."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            if path.suffix != ".safetensors" and zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as archive:
                    # Entries of a .pth are stored; packed ones may become a thousand times as large.
                    size = max(size, sum(entry.file_size for entry in archive.infolist()))
    except OSError as error:
        raise disk_error(error, path, "read") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BddsegError(f"{sanitize_path(path)} cannot be read as weights ({sanitize(str(error))[:160]})") from error
    if size > LARGEST:
        raise BddsegError(f"{sanitize_path(path)} would take {size / 1e9:.0f} GB: no encoder is that large")
