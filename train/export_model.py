"""What an exported file holds: the network with all that stands between a photograph's pixels and its masks."""

import warnings

import torch
import torch.nn.functional as F
from torch import nn

from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.runs.encoders import STRIDE
from bddseg_tui.train.normalise import Statistics


class ExportedModel(nn.Module):
    """A model of images in 0..1, of any size, which predicts as `predict` does.

    It can be written as TorchScript: nothing but the network itself is fixed by tracing.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, network: nn.Module, statistics: Statistics) -> None:
        super().__init__()
        # Kernels for channels_last round otherwise than those for the plain layout; `predict` uses it too.
        self.network = network.to(memory_format=torch.channels_last)
        self.register_buffer("mean", torch.tensor(statistics[0]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(statistics[1]).view(1, 3, 1, 1))
        self.stride, self.unknown, self.raw_unknown = STRIDE, UNKNOWN, RAW_UNKNOWN

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits float32 [N, 20, H, W] of images float32 [N, 3, H, W] in 0..1, padded and cut back inside."""
        height, width = images.shape[2], images.shape[3]
        below, right = (-height) % self.stride, (-width) % self.stride
        padded = F.pad((images - self.mean) / self.std, [0, right, 0, below], mode="replicate")
        logits: torch.Tensor = self.network(padded.contiguous(memory_format=torch.channels_last))
        return logits[:, :, :height, :width]

    @torch.jit.export
    def masks(self, images: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Masks uint8 [N, height, width] of images float32 [N, 3, H, W]: train ids 0..18, and 255 for unknown."""
        logits = F.interpolate(self.forward(images), [height, width], mode="bilinear", align_corners=False)
        ids = logits.argmax(1)
        return ids.masked_fill(ids == self.unknown, self.raw_unknown).to(torch.uint8)


def scripted(network: nn.Module, statistics: Statistics, size: tuple[int, int]) -> torch.jit.ScriptModule:
    """The model as TorchScript: the network as it computes images of this (height, width), all else as code."""
    height, width = (-(-side // STRIDE) * STRIDE for side in size)
    example = torch.zeros(2, 3, height, width).contiguous(memory_format=torch.channels_last)
    network = network.to(memory_format=torch.channels_last)
    with warnings.catch_warnings():
        # TorchScript is deprecated in Python, and still what C++ reads.
        warnings.simplefilter("ignore")
        model = ExportedModel(torch.jit.trace(network, example), statistics).eval()
        return torch.jit.script(model)
