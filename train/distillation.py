"""Distillation: a smaller network learns from what a trained one predicts, beside the masks."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.losses import IGNORE_INDEX
from bddseg_tui.train.model import encoder_name, forward
from bddseg_tui.train.normalise import normalise


@dataclass(frozen=True)
class Teacher:
    """A network that is not trained; `weight` and `temperature` are those of the configuration."""

    model: nn.Module
    encoder: str
    weight: float
    temperature: float

    @torch.no_grad()
    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """What it makes of images uint8 [N, 3, H, W], as they were augmented: float32 [N, 20, H, W]."""
        return forward(self.model, normalise(images, self.encoder))

    def loss_sum(self, logits: torch.Tensor, taught: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The weighted sum over all counted pixels (`counted`) of a part; divided by their number it is the loss.

        Hinton et al. 2015, arXiv 1503.02531: the divergence of the softened probabilities, times the temperature's
        square, so that its gradients stay as large; pixel by pixel.
        """
        t = self.temperature
        softened = F.log_softmax(logits / t, dim=1), F.log_softmax(taught / t, dim=1)
        divergence = F.kl_div(*softened, reduction="none", log_target=True).sum(1)
        return self.weight * t**2 * (divergence * counted(mask)).sum()


def counted(mask: torch.Tensor) -> torch.Tensor:
    """Which pixels of a mask uint8 [N, H, W] a teacher is asked about: all but those that zooming out added."""
    return mask != IGNORE_INDEX


def load_teacher(config: TrainConfig, runs: Path, device: torch.device) -> Teacher | None:
    """The best checkpoint of the run that a configuration names, in the workspace's folder of runs; None for none.

    Raises:
        BddsegError: there is no such run, or its checkpoint is damaged.
    """
    if not config.teacher:
        return None
    checkpoint = runs / Path(config.teacher).name / "checkpoints" / "best"
    if not checkpoint.is_dir():
        raise BddsegError(f"the teacher {sanitize(config.teacher)!r} has no checkpoint: name a run of this workspace")
    model = load_model(checkpoint).eval().requires_grad_(False)
    model = cast(nn.Module, model.to(device, memory_format=torch.channels_last))  # type: ignore[call-overload]
    return Teacher(model, encoder_name(model), config.distillation, config.temperature)
