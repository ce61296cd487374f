"""The steps that were taken and not told yet: what they came to lies on the device until it is read, some at a time.

Reading a number from a GPU waits for all that it has been given to do, so that nothing new is ready when it is done.
"""

import math
import time
from dataclasses import dataclass

import torch

from bddseg_tui.train.progress_events import loads, write_step
from bddseg_tui.train.step_errors import non_finite_error
from bddseg_tui.train.trainer import TakenStep, Trainer

READ_EVERY_S = 0.5
"""Often enough for a person who watches; a step that takes longer is told by itself."""
MOST_UNREAD = 200


@dataclass(frozen=True)
class _Figures:
    loss: float
    counted: bool
    norm: float


def reading_is_due(t: Trainer) -> bool:
    """Whether the steps since the last reading should be told."""
    return len(t.unread) >= MOST_UNREAD or time.monotonic() - t.read_at >= READ_EVERY_S


def read_steps(t: Trainer) -> None:
    """Tells every step that was taken: its loss goes into the epoch's mean, the events and TensorBoard's files.

    Raises:
        BddsegError: a loss or gradient was not finite.
    """
    if not t.unread:
        return
    steps, t.unread = t.unread, []
    rows = torch.stack([torch.stack([s.loss, s.counted.to(s.loss.dtype), s.norm]) for s in steps]).tolist()
    now = time.monotonic()
    seconds = (now - t.read_at) / len(steps)
    t.read_at = now
    loaded = loads(t)
    for step, (loss, counted, norm) in zip(steps, rows, strict=True):
        _check(t, step, _Figures(loss, bool(counted), norm))
        if counted:
            t.progress.loss_sum += loss
            t.progress.loss_count += 1
        t.progress.seconds += seconds
        write_step(t, step, loss, seconds, loaded)


def _check(t: Trainer, step: TakenStep, found: _Figures) -> None:
    if not math.isfinite(found.loss):
        raise non_finite_error(t, "loss", found.loss, step.step)
    # In fp16 the scaler leaves such a step out by itself.
    if t.accelerator.scaler is None and not math.isfinite(found.norm):
        raise non_finite_error(t, "gradient", found.norm, step.step)
