"""What a run holds while it trains: `setup` makes it, `fit` works with it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import nn
from torch.distributed import ProcessGroup

from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.train.cached_split import CachedSplit
from bddseg_tui.train.checkpoint import Progress
from bddseg_tui.train.device_data import SplitData
from bddseg_tui.train.distillation import Teacher
from bddseg_tui.train.ema import ExponentialMovingAverage
from bddseg_tui.train.losses import Loss
from bddseg_tui.train.sample_images import SampleImages
from bddseg_tui.train.tensorboard_writer import TensorBoardWriter


@dataclass(frozen=True)
class TakenStep:
    """A step of the optimizer, of which the device knows alone what it came to.

    Attributes:
        step: its number in the run, from 1.
        epoch: from 1.
        images: of all processes.
        learning_rate: the decoder's.
        loss: the mean over what is counted in the images of all processes, float [].
        counted: whether a pixel of them is, bool [].
        norm: of the gradient before it is clipped, float []; 0 where it is not clipped.
    """

    step: int
    epoch: int
    images: int
    learning_rate: float
    loss: torch.Tensor
    counted: torch.Tensor
    norm: torch.Tensor


@dataclass
class Trainer:
    """Everything that a run needs at hand while it trains.

    Attributes:
        folder: of the run's checkpoints.
        model: as accelerate (and torch.compile) wrapped it; `bare_model` is the network itself.
        ema: the moving average of the weights, if the run keeps one.
        labels: the training masks in the main memory, if where crops lie depends on them.
        crop_weights: how much each class is wanted in these crops, float32 [20].
        repeat_factors: how often each training image comes, float64 [N], if some come more often.
        tensorboard: in the first process, where the package is installed.
        teacher: the network that is learnt from, if there is one.
        samples: the validation images that are predicted after each epoch, if there are any.
        excluded: how many training images are left out, since the run's setting says so.
        corrected: of how many training images some areas are ignored, since a person confirmed that they are wrong.
        saved_at: when the last checkpoint was made, in seconds of the monotonic clock.
        control: the group in which processes agree what to do next, apart from their devices; None for one process.
        unread: the steps since the last reading (`train/step_log.py`).
        read_at: when that was, in seconds of the monotonic clock.
        step_seconds: a moving average of how long a step takes.
        metrics: losses and metrics (fractions) of the last epoch.
    """

    config: TrainConfig
    folder: Path
    job: JobWriter
    accelerator: Accelerator
    model: nn.Module
    bare_model: nn.Module
    optimizer: Any
    loss: Loss
    train: SplitData
    val: SplitData | None
    progress: Progress
    batch_size: int
    saved_at: float
    ema: ExponentialMovingAverage | None
    labels: CachedSplit | None
    crop_weights: torch.Tensor | None
    repeat_factors: NDArray[np.float64] | None
    tensorboard: TensorBoardWriter | None
    samples: SampleImages | None = None
    teacher: Teacher | None = None
    excluded: int = 0
    corrected: int = 0
    control: ProcessGroup | None = None
    unread: list[TakenStep] = field(default_factory=list)
    read_at: float = 0.0
    step_seconds: float | None = None
    metrics: dict[str, float | None] = field(default_factory=dict)

    @property
    def steps_an_epoch(self) -> int:
        """Steps of the optimizer in an epoch; the images that do not fill a batch wait for another epoch."""
        return max(1, len(self.train) // self.batch_size)

    @property
    def images_a_step(self) -> int:
        """Images of all processes in one step."""
        return min(self.batch_size, len(self.train))

    @property
    def total_steps(self) -> int:
        """Steps of the whole run."""
        return self.config.steps or self.steps_an_epoch * self.config.epochs

    @property
    def epochs(self) -> int:
        """Epochs of the whole run; where the steps are set, the last one may end before all images were taken."""
        return -(-self.total_steps // self.steps_an_epoch)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.accelerator.device  # type: ignore[no-any-return]

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes."""
        return bool(self.accelerator.is_main_process)
