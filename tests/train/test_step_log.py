"""Steps are taken without waiting for what they come to, and every one of them is told."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.train import fit, step_log
from bddseg_tui.train.cached_split import CachedSplit, CachePart
from bddseg_tui.train.class_balance import class_crop_weights
from bddseg_tui.train.device_data import SplitData
from bddseg_tui.train.ema import ExponentialMovingAverage
from bddseg_tui.train.trainer import Trainer
from tests.train.in_process import job, trainer_of

IMAGES = 12
T = torch.Tensor
WAITING: dict[Any, str] = {
    getattr(T, name): name for name in
    ("item", "cpu", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "nonzero", "bincount", "unique")
}  # fmt: skip
"""What makes the host wait for a device, or makes a shape of what lies there."""


class OnDevice(torch.Tensor):
    """A tensor of the main memory that stands for one on a GPU, as does all that is computed of it."""

    waits = Counter[str]()

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Counts what a GPU would be waited for."""
        name = WAITING.get(func)
        if func is torch.Tensor.__getitem__ and isinstance(args[1], torch.Tensor) and args[1].dtype == torch.bool:
            name = "a boolean index"
        if func is torch.Tensor.to and any(str(a) == "cpu" for a in args[1:]):
            name = "to"
        cls.waits[name or ""] += 1
        return super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]


def trainer(folder: Path, *settings: str) -> Trainer:
    """A trainer of three steps an epoch, whose pixels lie on something like a GPU."""
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, 3, 32, 64), dtype=torch.uint8, generator=random)
    masks = torch.randint(0, 20, (IMAGES, 32, 64), dtype=torch.uint8, generator=random)
    made = trainer_of(build_config(None, ["device=cpu", *settings]), nn.Conv2d(3, 20, 3, padding=1), folder)
    part, slots, counts = np.zeros(IMAGES, int), np.arange(IMAGES), np.ones((IMAGES, 20), np.int64)
    files = [(b"", b"")] * IMAGES
    made.labels = CachedSplit((CachePart(images.numpy(), masks.numpy(), 0),), part, slots, counts, files, [])
    made.crop_weights = class_crop_weights(made.labels.pixels)
    on_device = (images.as_subclass(OnDevice),), (masks.as_subclass(OnDevice),)
    made.train = SplitData(*on_device, part, slots, on_device=True)
    made.batch_size, made.saved_at = 4, float("inf")
    return made


@pytest.mark.parametrize(
    "settings",
    [
        ["rare_crops=1", "ema=0.9", "class_weights=inverse-sqrt", "label_smoothing=0.1"],
        ["dice=1", "accumulate=2", "hard_pixels=0.5", "unknown=ignore"],
        ["loss=focal", "dice=1"],
    ],
)
def test_the_device_is_not_waited_for_but_to_tell_all_steps_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: list[str]
) -> None:
    t = trainer(tmp_path, *settings)
    t.ema = ExponentialMovingAverage(t.bare_model, t.config.ema) if t.config.ema else None
    monkeypatch.setattr(step_log, "READ_EVERY_S", float("inf"))
    OnDevice.waits.clear()
    fit.train_epoch(t)
    waits = {name: count for name, count in OnDevice.waits.items() if name}
    assert OnDevice.waits[""] > 100
    assert waits == {"tolist": 1}
    assert (t.progress.step, t.progress.loss_count) == (3, 3)


@pytest.mark.parametrize("every", [0.0, float("inf")])
def test_every_step_is_told_once_however_seldom_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: float
) -> None:
    monkeypatch.setattr(step_log, "READ_EVERY_S", every)
    t = trainer(tmp_path / "run")
    with job(tmp_path / "run") as writer:
        t.job = writer
        fit.train_epoch(t)
    events = [e for e in read_events(tmp_path / "run/events.jsonl") if e["kind"] == "step"]
    assert [(e["step"], e["epoch"]) for e in events] == [(1, 1), (2, 1), (3, 1)]
    assert t.progress.loss_sum == pytest.approx(sum(e["loss"] or 0 for e in events))
    assert all((e.get("images_per_s") or 0) > 0 for e in events)
