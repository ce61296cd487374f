"""The exponential moving average (EMA) of the weights, which often predicts better than the weights of any one step."""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


class ExponentialMovingAverage:
    """The moving average of a model's weights and of its statistics of batch normalisation (Polyak & Juditsky 1992).

    The decay (0..1) rises with the steps, (1 + n) / (10 + n), as TensorFlow's ExponentialMovingAverage has it: the
    first weights are soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self._averaged = AveragedModel(model, multi_avg_fn=self._update, use_buffers=True)

    @property
    def model(self) -> nn.Module:
        """The model with the averaged weights."""
        return self._averaged.module

    @property
    def steps(self) -> int:
        """How many steps the average is over."""
        return int(self._averaged.n_averaged)

    @steps.setter
    def steps(self, steps: int) -> None:
        self._averaged.n_averaged.fill_(steps)

    def update(self, model: nn.Module) -> None:
        """Takes in the weights after a step."""
        self._averaged.update_parameters(model)

    @torch.no_grad()
    def _update(self, average: Tensors, current: Tensors, steps: torch.Tensor | int) -> None:
        decay = min(self._decay, (1 + int(steps)) / (10 + int(steps)))
        get_ema_multi_avg_fn(decay)(average, current, steps)
