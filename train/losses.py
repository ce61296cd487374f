"""Losses over logits float [N, 20, H, W] and masks int64 [N, H, W], with values 0..19 or IGNORE_INDEX.

All return a scalar, 0 with a gradient of 0 where no pixel is counted. `weight` is a weight a class, float [20];
`smoothing` is label smoothing (0..1, Szegedy et al. 2016, arXiv 1512.00567).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES, UNKNOWN
from bddseg_tui.core.runs.config import TrainConfig

IGNORE_INDEX = 255
"""Mask value of pixels that no loss counts: those that random zoom added and, with `unknown=ignore`, unknown ones."""

LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A loss of logits and masks, such as `Loss`."""


@dataclass(frozen=True)
class Loss:
    """The loss that a configuration asks for, the mean over all pixels that are counted; `weight` is float [20]."""

    config: TrainConfig
    weight: torch.Tensor | None

    def __call__(self, logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The loss of a batch; 0, with a gradient of 0, where none of its pixels is counted."""
        config, target = self.config, self._target(mask)
        if config.loss == "focal":
            value = focal_loss(logits, target, config.focal_gamma, self.weight)
        elif config.hard_pixels < 1:
            value = bootstrapped_cross_entropy(logits, target, self.weight, config.hard_pixels, config.label_smoothing)
        else:
            value = cross_entropy(logits, target, self.weight, config.label_smoothing)
        return value + config.dice * dice_loss(logits, target) if config.dice else value

    def counted(self, mask: torch.Tensor) -> torch.Tensor:
        """Which images have a pixel that is counted: bool [N] of masks [N, H, W]."""
        return (_pixel_weights(self._target(mask.long()), self.weight) > 0).flatten(1).any(1)

    def _target(self, mask: torch.Tensor) -> torch.Tensor:
        return mask.masked_fill(mask == UNKNOWN, IGNORE_INDEX) if self.config.unknown == "ignore" else mask


def make_loss(config: TrainConfig, pixels: NDArray[np.int64], device: torch.device) -> Loss:
    """The loss that a configuration asks for; `pixels` are the training masks' counts by class, int64 [20]."""
    weight = class_weights(config.class_weights, pixels)
    return Loss(config, weight.to(device) if weight is not None else None)


def cross_entropy(
    logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None, smoothing: float = 0.0
) -> torch.Tensor:
    """Torch's weighted mean cross-entropy, whose own mean is 0 / 0 = NaN where no pixel is counted."""
    total = F.cross_entropy(
        logits, target, weight, ignore_index=IGNORE_INDEX, label_smoothing=smoothing, reduction="sum"
    )
    return _ratio(total, _pixel_weights(target, weight).sum(dtype=total.dtype))


def bootstrapped_cross_entropy(
    logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None, share: float, smoothing: float = 0.0
) -> torch.Tensor:
    """Mean cross-entropy of the share (0..1) of counted pixels whose loss is largest.

    Bootstrapped cross-entropy (Wu et al. 2016, arXiv 1605.06885), by share and not by threshold: no schedule is needed
    for it, and every step counts equally many pixels.
    """
    losses = F.cross_entropy(
        logits, target, weight, ignore_index=IGNORE_INDEX, label_smoothing=smoothing, reduction="none"
    )
    counted = losses[_pixel_weights(target, weight) > 0]
    if not counted.numel():
        return logits.sum() * 0.0
    hardest = counted.topk(max(1, round(share * counted.numel())), sorted=False).values
    return hardest.mean()


def dice_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean of 1 - 2 |P G| / (|P|^2 + |G|^2) over the classes that occur in the batch, as V-Net has it.

    Milletari et al. 2016, arXiv 1606.04797, section 3. P are probabilities, G is the target as one-hot; both over all
    counted pixels of the batch. SMP's Dice averages over absent classes too, whose loss is 1 whatever is predicted.
    """
    counted = (target != IGNORE_INDEX).unsqueeze(1)
    p = logits.softmax(dim=1) * counted
    truth = F.one_hot(target.masked_fill(target == IGNORE_INDEX, 0), logits.shape[1]).movedim(-1, 1) * counted
    over = (0, 2, 3)
    both, size = (p * truth).sum(over), p.square().sum(over) + truth.sum(over)
    occurs = truth.sum(over) > 0
    return (1 - 2 * both[occurs] / size[occurs]).mean() if occurs.any() else logits.sum() * 0.0


def focal_loss(logits: torch.Tensor, target: torch.Tensor, gamma: float, weight: torch.Tensor | None) -> torch.Tensor:
    """Softmax focal loss, mean of w * (1 - p)^gamma * -log p over counted pixels.

    Lin et al. 2017, arXiv 1708.02002, eq. 5; `gamma` is 0 or more. SMP's FocalLoss is a sigmoid a class, so that
    gamma = 0 is not cross-entropy; fastai's takes p from the weighted cross-entropy. Here gamma = 0 is exactly weighted
    cross-entropy.
    """
    log_p = F.log_softmax(logits, dim=1)
    pixel_weight = _pixel_weights(target, weight)
    safe = target.masked_fill(target == IGNORE_INDEX, 0)
    log_pt = log_p.gather(1, safe.unsqueeze(1)).squeeze(1)
    # Where p is 1, the power's own slope is infinite for gamma < 1, and infinity times 0 is no number.
    miss = (-torch.expm1(log_pt)).clamp_min(torch.finfo(log_pt.dtype).eps)
    return _ratio(-(miss.pow(gamma) * log_pt * pixel_weight).sum(), pixel_weight.sum(dtype=log_pt.dtype))


def _pixel_weights(target: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """How much each pixel counts: float (or bool, without weights) of the target's shape, 0 for padding."""
    counted = target != IGNORE_INDEX
    return counted if weight is None else weight[target.masked_fill(~counted, 0)] * counted


def _ratio(total: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """total / count, and 0 with a gradient of 0 where nothing was counted."""
    return total / count.where(count > 0, torch.ones_like(count)) * (count > 0)


def class_weights(kind: str, pixels: NDArray[np.int64]) -> torch.Tensor | None:
    """Class weights, float32 [20], with mean 1 over the classes that occur; classes that never occur weigh 0.

    `pixels` are counts by class, int64 [20], and f is a class's share of them. `median-frequency` is median(f) / f
    (Eigen & Fergus 2015, arXiv 1411.4734); `inverse-sqrt` is 1 / sqrt(f), which is gentler.
    """
    if kind == "none":
        return None
    share = pixels / max(1, pixels.sum())
    weight = np.zeros(NUM_CLASSES)
    occurs = share > 0
    if kind == "median-frequency":
        weight[occurs] = np.median(share[occurs]) / share[occurs]
    else:
        weight[occurs] = 1 / np.sqrt(share[occurs])
    weight /= weight[occurs].mean() if occurs.any() else 1.0
    return torch.from_numpy(weight.astype(np.float32))
