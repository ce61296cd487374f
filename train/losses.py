"""Losses over logits float [N, 20, H, W] and masks int64 [N, H, W], with values 0..19 or IGNORE_INDEX.

The loss of a batch is a function of sums over its images, so that however a batch is divided (into parts that are
taken one after another, into the shares of processes and machines) the loss of the whole and its gradients are the
same: `Loss.sums` of each part are added, `Loss.of` makes the loss of them, and `Loss.slopes` how much each sum weighs.
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
        return self.of(self.sums(logits, mask))

    def sums(self, logits: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """What is summed over a part: float [2], or with Dice [2 + 3 x 20], with gradients.

        First the counted pixels' losses and what these are divided by, then for Dice (see `dice_loss`) by class G, P G
        and |P|^2 + |G|^2.
        """
        target = self._target(mask)
        counts = _pixel_weights(target, self.weight)
        losses = pixel_losses(logits, target, self.weight, self.config) * (counts > 0)
        if self.config.hard_pixels < 1:
            hard = _hardest(losses, counts > 0, self.config.hard_pixels)
            total, divisor = (losses * hard).sum(), hard.sum()
        else:
            total, divisor = losses.sum(), counts.sum()
        sums = torch.stack([total, divisor.to(total.dtype)])
        return torch.cat([sums, dice_sums(logits, target)]) if self.config.dice else sums

    def known_sums(self, mask: torch.Tensor) -> torch.Tensor:
        """Those of the sums that a part's masks alone tell, without any logits; the others are 0.

        Without Dice they are enough for `slopes`.
        """
        counts = _pixel_weights(self._target(mask), self.weight)
        if self.config.hard_pixels < 1:
            counts = _how_many_hard(counts > 0, self.config.hard_pixels)
        divisor = counts.sum(dtype=torch.float32)
        return torch.stack([torch.zeros_like(divisor), divisor])

    def of(self, sums: torch.Tensor) -> torch.Tensor:
        """The loss of the parts whose sums these are, added up; 0 where no pixel was counted."""
        value = _ratio(sums[0], sums[1])
        return value + self.config.dice * _dice_of(sums[2:]) if self.config.dice else value

    def slopes(self, sums: torch.Tensor) -> torch.Tensor:
        """How much the loss of the whole grows with each of its sums: the chain rule's first half, for every part."""
        with torch.enable_grad():
            whole = sums.detach().requires_grad_()
            return torch.autograd.grad(self.of(whole), whole)[0]

    def _target(self, mask: torch.Tensor) -> torch.Tensor:
        mask = mask.long()
        return mask.masked_fill(mask == UNKNOWN, IGNORE_INDEX) if self.config.unknown == "ignore" else mask


def make_loss(
    config: TrainConfig, pixels: NDArray[np.int64], device: torch.device, holding: NDArray[np.int64] | None = None
) -> Loss:
    """The loss that a configuration asks for; `pixels` and `holding` are what `class_weights` takes."""
    weight = class_weights(config.class_weights, pixels, holding)
    return Loss(config, weight.to(device) if weight is not None else None)


def pixel_losses(
    logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None, config: TrainConfig
) -> torch.Tensor:
    """Each pixel's loss, float [N, H, W]: weighted cross-entropy, with focal loss times (1 - p)^gamma.

    Label smoothing is Szegedy et al. 2016, arXiv 1512.00567. Focal loss is Lin et al. 2017, arXiv 1708.02002, eq. 5,
    over a softmax: SMP's FocalLoss is a sigmoid a class, so that gamma = 0 is not cross-entropy; fastai's takes p from
    the weighted cross-entropy. Here gamma = 0 is exactly weighted cross-entropy.
    """
    # Channels lie beside each other in the network's own layout: a softmax over rows of them copies nothing, where one
    # over dimension 1 makes the whole batch contiguous first (2.5 times as long on a CPU).
    rows, targets = logits, target
    if logits.is_contiguous(memory_format=torch.channels_last):
        rows, targets = logits.permute(0, 2, 3, 1).flatten(0, 2), target.flatten()
    losses = F.cross_entropy(
        rows, targets, weight, ignore_index=IGNORE_INDEX, label_smoothing=config.label_smoothing, reduction="none"
    ).view(target.shape)
    if config.loss != "focal":
        return losses
    safe = target.masked_fill(target == IGNORE_INDEX, 0)
    log_p = F.log_softmax(logits, dim=1).gather(1, safe.unsqueeze(1)).squeeze(1)
    # Where p is 1, the power's own slope is infinite for gamma < 1, and infinity times 0 is no number.
    miss = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).eps)
    focal: torch.Tensor = miss.pow(config.focal_gamma) * losses
    return focal


def _hardest(losses: torch.Tensor, counted: torch.Tensor, share: float) -> torch.Tensor:
    """The share (0..1) of each image's counted pixels whose loss is largest: bool of the losses' shape.

    Bootstrapped cross-entropy (Wu et al. 2016, arXiv 1605.06885), by share and not by threshold: no schedule is needed
    for it. By image as there, so that it does not matter which images are looked at together.
    """
    flat = losses.detach().masked_fill(~counted, -1).flatten(1)
    order = flat.argsort(dim=1, descending=True)
    rank = torch.empty_like(order).scatter_(1, order, torch.arange(flat.shape[1], device=flat.device).expand_as(order))
    return (rank < _how_many_hard(counted, share)[:, None]).view_as(losses)


def _how_many_hard(counted: torch.Tensor, share: float) -> torch.Tensor:
    """How many pixels of each image are its hardest, int64 [N]: at least one where there is any."""
    count = counted.flatten(1).sum(1)
    return torch.minimum((share * count.double()).round().long().clamp_min(1), count)


def dice_sums(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """By class, over all counted pixels: G, P G and |P|^2 + |G|^2; float [60] (see `dice_loss`)."""
    counted = (target != IGNORE_INDEX).unsqueeze(1)
    p = logits.softmax(dim=1) * counted
    truth = F.one_hot(target.masked_fill(target == IGNORE_INDEX, 0), logits.shape[1]).movedim(-1, 1) * counted
    over = (0, 2, 3)
    size = truth.sum(over).to(p.dtype)
    return torch.cat([size, (p * truth).sum(over), p.square().sum(over) + size])


def dice_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean of 1 - 2 |P G| / (|P|^2 + |G|^2) over the classes that occur in the batch, as V-Net has it.

    Milletari et al. 2016, arXiv 1606.04797, section 3. P are probabilities, G is the target as one-hot; both over all
    counted pixels of the batch. SMP's Dice averages over absent classes too, whose loss is 1 whatever is predicted.
    """
    return _dice_of(dice_sums(logits, target))


def _dice_of(sums: torch.Tensor) -> torch.Tensor:
    truth, both, size = sums.view(3, -1)
    occurs = truth > 0
    terms = (1 - 2 * both / size.where(occurs, torch.ones_like(size))) * occurs
    mean: torch.Tensor = terms.sum() / occurs.sum().clamp_min(1)
    return mean


def _pixel_weights(target: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """How much each pixel counts: float (or bool, without weights) of the target's shape, 0 for padding."""
    counted = target != IGNORE_INDEX
    return counted if weight is None else weight[target.masked_fill(~counted, 0)] * counted


def _ratio(total: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """total / count, and 0 with a gradient of 0 where nothing was counted."""
    return total / count.where(count > 0, torch.ones_like(count)) * (count > 0)


def class_weights(
    kind: str, pixels: NDArray[np.int64], holding: NDArray[np.int64] | None = None
) -> torch.Tensor | None:
    """Class weights, float32 [20], with mean 1 over the classes that occur; classes that never occur weigh 0.

    `inverse-sqrt` is 1 / sqrt(share of all pixels). `median-frequency` is median(f) / f, where f is a class's share of
    the pixels of those images that hold it (Eigen & Fergus 2015, arXiv 1411.4734, section 4.3.2).

    Args:
        kind: none, inverse-sqrt or median-frequency.
        pixels: counts by class, int64 [20].
        holding: by class, all pixels of the images that hold it, int64 [20]; None where every image holds every class.
    """
    if kind == "none":
        return None
    weight = np.zeros(NUM_CLASSES)
    occurs = pixels > 0
    if kind == "median-frequency":
        frequency = pixels[occurs] / (pixels.sum() if holding is None else holding[occurs])
        weight[occurs] = np.median(frequency) / frequency
    else:
        weight[occurs] = 1 / np.sqrt(pixels[occurs] / max(1, pixels.sum()))
    weight /= weight[occurs].mean() if occurs.any() else 1.0
    return torch.from_numpy(weight.astype(np.float32))
