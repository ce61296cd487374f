"""How long a run will take and how much memory, before it begins: by an earlier run of this machine where there is one.

A step's time goes with the multiplications of its images, its memory with what each layer keeps for the backward pass;
both are counted for each encoder (`core/runs/encoders.py`). How many multiplications a second this machine makes, and
what a process takes beside its tensors, is taken from the run that is most like the one to come.
"""

import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bddseg_tui.core.data.dataset import Dataset
from bddseg_tui.core.data.filter_language import EXCLUDE
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.runs.cache_size import cache_bytes, image_pixels, labelled_images, mean_pixels, sizes_of_some
from bddseg_tui.core.runs.config import TrainConfig, validate
from bddseg_tui.core.runs.confirmed_errors import NOTHING, LeftOut
from bddseg_tui.core.runs.encoders import COUNTED_AT, Encoder, find_encoder
from bddseg_tui.core.runs.run_summaries import RunSummary

RATE_OF_A_CORE = 11e9
"""Multiplications (of the forward pass) a second that a CPU core trains at in float32: 3.73 images/s of a U-Net with
ResNet-34 at 224 x 224 on two cores (docs/results.md)."""
FORWARD = 1 / 3
"""What a forward pass takes of a training step: the backward pass takes two more."""
BESIDE_TENSORS = 700 << 20
"""Bytes that a process takes beside its tensors: torch and the libraries."""
BYTES_A_PARAMETER = 16
"""Float32 weight, gradient and AdamW's two means."""
HALF = 0.55
"""Of the activations' bytes, in bf16 or fp16: not every operator has a result of two bytes."""
CHECKPOINTED = 0.35
"""Of the activations' bytes, where blocks are computed again; and a step then computes a forward pass more."""
ENOUGH_STEPS = 10


@dataclass(frozen=True)
class Measured:
    """A run of this machine: with which settings, how fast it trained, and how much memory (bytes) it took."""

    run: str
    config: TrainConfig
    device: str
    half: bool
    images_per_s: float
    batch_size: int
    processes: int
    memory: int


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        seconds: None where nothing says how fast the device is.
        memory: bytes of a process on its device; None where the encoder was not counted, or the batch is to be found.
        device: what it will train on, as far as can be told: cpu, cuda or mps.
        by: the run that it is reckoned from; empty where it is `RATE_OF_A_CORE`.
        cache: bytes that the images take, on the disk and, on a GPU that has room for them, there.
    """

    seconds: float | None
    memory: int | None
    device: str
    by: str = ""
    cache: int = 0


@dataclass(frozen=True)
class RunCosts:
    """What runs on a dataset are reckoned from.

    Attributes:
        train_images, val_images: how many labelled ones it has.
        measured: earlier runs of this machine, newest first.
        device: what `auto` will take, as far as can be told.
        free_memory: bytes that the machine has free; of a GPU's nothing is known before it is used.
        own_pixels: that an image of the dataset has, in the mean of some; 0 where none can be read.
        free_disk: bytes that the disk has free on which caches are made.
        left_out: what runs there do not learn from.
    """

    train_images: int
    val_images: int
    measured: tuple[Measured, ...]
    device: str
    free_memory: int
    own_pixels: int = 0
    free_disk: int = 0
    left_out: LeftOut = NOTHING

    def estimate(self, config: TrainConfig) -> Estimate:
        """What a run of this configuration will take."""
        return estimate(config, self.learnt_from(config), self.val_images, self.measured, self.device, self.own_pixels)

    def learnt_from(self, config: TrainConfig) -> int:
        """Images of an epoch at most: the labelled ones less those that the configuration leaves out."""
        tagged = self.left_out.tagged if config.exclude.strip() == f"tag:{EXCLUDE}" else 0
        wrong = self.left_out.images if config.confirmed_errors == "leave-out" else 0
        return max(0, self.train_images - tagged - wrong)


def run_costs(dataset: Dataset, runs: Iterable[RunSummary], left_out: LeftOut, cache: Path) -> RunCosts:
    """Counts a dataset's labelled images, and looks at earlier runs, newest first; `cache` is the folder of caches."""
    labelled, measured = labelled_images(dataset), measured_runs(runs)
    return RunCosts(
        train_images=labelled.counts.get("train", 0),
        val_images=labelled.counts.get("val", 0),
        measured=measured,
        device=likely_device(measured),
        free_memory=int(psutil.virtual_memory().available),
        own_pixels=mean_pixels(sizes_of_some(labelled.some)),
        free_disk=shutil.disk_usage(cache).free,
        left_out=left_out,
    )


def measured_runs(runs: Iterable[RunSummary]) -> tuple[Measured, ...]:
    """Of these runs, those that made enough steps to tell how fast they are, in their order."""
    found = (_measured(run) for run in runs)
    return tuple(m for m in found if m is not None)


def estimate(
    config: TrainConfig,
    train_images: int,
    val_images: int,
    measured: Iterable[Measured],
    device: str,
    own_pixels: int = 0,
) -> Estimate:
    """What a run of this configuration will take.

    Args:
        config: its settings.
        train_images, val_images: how many the dataset has.
        measured: earlier runs, newest first.
        device: what `auto` would take.
        own_pixels: that an image of the dataset has, in the mean.
    """
    cache = cache_bytes(config, {"train": train_images, "val": val_images}, own_pixels)
    device = device if config.device == "auto" else config.device.partition(":")[0]
    like = _most_alike(config, [m for m in measured if m.device == device])
    encoder = find_encoder(config.encoder, config.architecture)
    if encoder is None:
        # Of an encoder that was not counted, only a run with that very encoder tells anything.
        like = like if like is not None and _network(like.config) == _network(config) else None
        if like is None:
            return Estimate(None, None, device, cache=cache)
    train = min(train_images, config.train_limit or train_images)
    val = min(val_images, config.val_limit or val_images)
    batch = config.batch_size or min(64, train)
    an_epoch = max(1, train // max(1, batch))
    steps = config.steps or config.epochs * an_epoch
    larger = image_pixels(config, own_pixels) / _pixels(config)
    validated = math.ceil(steps / an_epoch) * val * larger * FORWARD / _effort(config)
    rate = _images_per_s(config, encoder, like, device)
    seconds = None if rate is None else (steps * batch + validated) / rate
    return Estimate(seconds, _memory(config, encoder, like, device), device, like.run if like else "", cache)


def likely_device(measured: Iterable[Measured]) -> str:
    """What `auto` takes here, without asking torch: what the newest run took, or a GPU if there is a sign of one."""
    for run in measured:
        if run.config.device == "auto":
            return run.device
    return "cuda" if any(Path("/dev").glob("nvidia[0-9]*")) else "cpu"


def _measured(run: RunSummary) -> Measured | None:
    facts = run.status.facts
    step_s, batch = _number(facts.get("step_s")), int(_number(facts.get("batch_size")))
    trained_s, train = _number(facts.get("trained_s")), _number(facts.get("train_images"))
    if step_s <= 0 or not batch or run.status.done < ENOUGH_STEPS:
        return None
    try:
        config = validate(run.run.spec["train"])
    except BddsegError:
        # Of another version, with settings that this one does not know.
        return None
    return Measured(
        run=run.name,
        config=config,
        device=str(facts.get("device", "cpu")).partition(":")[0],
        half=facts.get("precision") in ("bf16", "fp16"),
        images_per_s=_rate(config, run.status.done * batch, train, _number(facts.get("val_images")), trained_s)
        or batch / step_s,
        batch_size=batch,
        processes=max(1, int(_number(facts.get("processes")))),
        memory=int(_number(facts.get("memory_mib")) * 2**20),
    )


def _rate(config: TrainConfig, images: float, train: float, val: float, seconds: float) -> float:
    """Images a second, those of validation among them, over all that a run did; 0 where it does not say how long.

    A step's own time, which statuses have too, is that of the last steps: beside other work it was twice off. What
    is between steps, such as checkpoints, counts as well.
    """
    if seconds <= 0:
        return 0.0
    epochs = images / train if train else 0.0
    return (images + epochs * val * FORWARD / _effort(config)) / seconds


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _most_alike(config: TrainConfig, measured: list[Measured]) -> Measured | None:
    """The newest with the same encoder, and of these the nearest in size."""

    def distance(m: Measured) -> tuple[bool, float]:
        pixels = _pixels(config) / _pixels(m.config)
        return _network(m.config) != _network(config), round(abs(math.log(pixels)), 2)

    known = [m for m in measured if _network(m.config) == _network(config) or find_encoder(*_network(m.config))]
    return min(known, key=distance, default=None)


def _network(config: TrainConfig) -> tuple[str, str]:
    return config.encoder, config.architecture


def _pixels(config: TrainConfig) -> int:
    """Of what a step takes of an image."""
    height, width = config.train_size
    return height * width


def _effort(config: TrainConfig) -> float:
    """What a step of a configuration computes, in steps without gradient checkpointing."""
    return 1 + FORWARD if config.gradient_checkpointing else 1.0


def _cost(config: TrainConfig, encoder: Encoder | None) -> float:
    """Multiplications of the forward pass of an image, with those that are made again; pixels where none are known."""
    each = encoder.multiplications if encoder else 1.0
    return _effort(config) * each * _pixels(config) / COUNTED_AT**2


def _images_per_s(config: TrainConfig, encoder: Encoder | None, like: Measured | None, device: str) -> float | None:
    if like is not None:
        same = encoder if _network(like.config) == _network(config) else find_encoder(*_network(like.config))
        scale = _cost(like.config, same) / _cost(config, encoder)
        return like.images_per_s * scale * config.processes / like.processes
    if device != "cpu":
        return None
    return RATE_OF_A_CORE * (config.threads or cores()) / _cost(config, encoder)


def _memory(config: TrainConfig, encoder: Encoder | None, like: Measured | None, device: str) -> int | None:
    if encoder is None or not config.batch_size:
        return None
    half = config.precision in ("bf16", "fp16") or (config.precision == "auto" and (like.half if like else False))
    own = _tensors(config, encoder, config.batch_size / config.processes, half)
    beside = BESIDE_TENSORS if device == "cpu" else 0
    if like is not None and like.memory and (same := find_encoder(*_network(like.config))):
        tensors = _tensors(like.config, same, like.batch_size / like.processes, like.half)
        beside = max(0, like.memory - tensors)
    return own + beside


def _tensors(config: TrainConfig, encoder: Encoder, batch: float, half: bool) -> int:
    """Bytes of weights, optimizer and activations."""
    pixels = _pixels(config) / COUNTED_AT**2
    factor = (HALF if half else 1.0) * (CHECKPOINTED if config.gradient_checkpointing else 1.0)
    at_once = max(1.0, batch / config.accumulate)
    return int(BYTES_A_PARAMETER * encoder.parameters + at_once * encoder.activations * pixels * factor)
