"""Batch normalisation over all processes: each sees a part of the batch, and too few images for good statistics."""

import torch
import torch.distributed.nn.functional as across
from timm.layers import BatchNormAct2d, convert_sync_batchnorm  # type: ignore[attr-defined]
from torch import nn


def to_sync_batchnorm(model: nn.Module, device: torch.device) -> nn.Module:
    """A model whose batch normalisation takes its statistics from all processes; its state has the same names.

    On GPUs these are torch's own layers, which refuse tensors of a CPU; there ours do the same, more slowly.
    """
    if device.type == "cuda":
        return convert_sync_batchnorm(model)  # type: ignore[no-any-return]
    return _converted(model)


class CpuSyncBatchNorm(nn.BatchNorm2d):
    """Batch normalisation with statistics of all processes (Ioffe & Szegedy 2015, arXiv 1502.03167).

    What timm lets follow, dropout and activation, follows. In and out float [N, C, H, W].
    """

    drop: nn.Module
    act: nn.Module

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalises x, float [N, C, H, W], and updates the running statistics while it trains."""
        if not self.training:
            return self.act(self.drop(super().forward(x)))  # type: ignore[no-any-return]
        # Sums over many pixels need more digits than half precision has.
        values = x.to(torch.promote_types(x.dtype, torch.float32))
        count = values.new_full((1,), values.numel() // values.shape[1])
        sums = across.all_reduce(torch.cat([values.sum((0, 2, 3)), count]))
        total = sums[-1].detach()
        mean = sums[:-1] / total
        centred = values - mean[:, None, None]
        squares = across.all_reduce(centred.square().sum((0, 2, 3)))
        variance = squares / total
        self._remember(mean.detach(), variance.detach() * total / (total - 1))
        out = centred * torch.rsqrt(variance + self.eps)[:, None, None]
        if self.affine:
            out = out * self.weight[:, None, None] + self.bias[:, None, None]
        return self.act(self.drop(out.to(x.dtype)))  # type: ignore[no-any-return]

    def _remember(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        if self.running_mean is not None and self.running_var is not None and self.momentum is not None:
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


def _converted(module: nn.Module) -> nn.Module:
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, _synced(child))
        else:
            _converted(child)
    return module


def _synced(norm: nn.BatchNorm2d) -> CpuSyncBatchNorm:
    synced = CpuSyncBatchNorm(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    synced.weight, synced.bias = norm.weight, norm.bias
    synced.running_mean, synced.running_var = norm.running_mean, norm.running_var
    synced.num_batches_tracked = norm.num_batches_tracked
    synced.drop = norm.drop if isinstance(norm, BatchNormAct2d) else nn.Identity()
    synced.act = norm.act if isinstance(norm, BatchNormAct2d) else nn.Identity()
    return synced
