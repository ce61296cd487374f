"""Bytes of the tensors that live at any moment, by private modules of torch (checked against torch 2.15).

`TorchDispatchMode`, which PyTorch's own documents use, stands in torch.utils._python_dispatch; `tree_map_only`, in
torch.utils._pytree, goes through whatever an operator returns.

torch.profiler has these figures for CUDA's allocator alone.
"""

from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only


class LiveTensorBytes(TorchDispatchMode):
    """Counts the bytes of tensors made inside it that are still alive; `peak` is the most there ever were."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._bytes: dict[StorageWeakRef, int] = {}
        self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Runs an operator, and notes what it made."""
        out = func(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self._note, out)
        self._bytes = {storage: size for storage, size in self._bytes.items() if not storage.expired()}
        self.peak = max(self.peak, sum(self._bytes.values()))
        return out

    def _note(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        self._bytes[StorageWeakRef(storage)] = storage.nbytes()
        return tensor
