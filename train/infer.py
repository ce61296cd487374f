"""Running a checkpoint over a split at the dataset's own resolution: decode ahead, predict, upsample the logits."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask
from bddseg_tui.core.data.size_mismatch import size_mismatch
from bddseg_tui.core.files.atomic import write_bytes
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.train.device import make_accelerator
from bddseg_tui.train.model import encoder_name
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.tta import augmented_logits

PREFETCH = 16
"""Images that are decoded ahead of the model."""
CONFIDENCE_STRIDE = 4
"""Confidence is kept of every so many-th pixel and row."""
Change = Callable[[Image.Image, Sample], Image.Image]
"""What is done to a sample's RGB image before the model sees it; its size stays."""
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Predicted:
    """One sample's outcome: class ids uint8 [H, W] (0..19) at the image's own size, actual and predicted.

    `actual` is None without a mask; `problem` says why there is nothing at all. `confidence` is the probability of
    what is predicted, float32 [H / 4, W / 4], of every fourth pixel; `brightness` is the image's mean luma (0..1).
    """

    sample: Sample
    actual: torch.Tensor | None
    predicted: torch.Tensor | None
    problem: str | None = None
    confidence: torch.Tensor | None = None
    brightness: float = 0.0


@dataclass(frozen=True)
class Loaded:
    """One image as the model takes it, uint8 [3, H, W], its own size (height, width), and its mask or a problem."""

    sample: Sample
    image: NDArray[np.uint8] | None
    size: tuple[int, int]
    actual: NDArray[np.uint8] | None
    problem: str | None


@dataclass(frozen=True)
class Inference:
    """How a model is run.

    Attributes:
        size: (height, width) that images are resized to, the one that they were at in training; None for each one's
            own, as there.
        precision: bf16, fp16, or no for float32.
        batch_size: images that are run at once, fewer where they are larger than those of a training step.
        pixels: of an image of a training step; 0 where images are as large.
    """

    size: tuple[int, int] | None
    device: torch.device
    precision: str
    batch_size: int
    tta: Tta = "none"
    pixels: int = 0


def make_inference(config: TrainConfig, tta: Tta = "none") -> Inference:
    """How a run's checkpoints are run on this machine.

    Raises:
        BddsegError: the device that was asked for is not there.
    """
    accelerator = make_accelerator(config)
    height, width = config.train_size
    return Inference(
        size=config.image_size,
        device=accelerator.device,
        precision=str(accelerator.mixed_precision),
        batch_size=config.images_at_once,
        tta=tta,
        pixels=height * width,
    )


def predict_samples(
    model: nn.Module, samples: list[Sample], how: Inference, change: Change | None = None
) -> Iterator[Predicted]:
    """Yields every sample's prediction, in order; with `change` of its image after that."""
    yield from predict_loaded(model, load_ahead(samples, how.size, change), how)


@torch.inference_mode()
def predict_loaded(model: nn.Module, images: Iterator[Loaded], how: Inference) -> Iterator[Predicted]:
    """Yields the prediction of every image that comes, in order, in batches."""
    encoder = encoder_name(model)
    model = model.to(how.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(how.precision)
    for group in groups(images, how):
        good = [g for g in group if g.image is not None]
        logits: torch.Tensor | None = None
        if good:
            batch = torch.from_numpy(np.stack([g.image for g in good if g.image is not None])).to(how.device)
            with torch.autocast(how.device.type, dtype, enabled=dtype is not None):
                logits = augmented_logits(model, normalise(batch, encoder), how.tta)
        position = 0
        for loaded in group:
            if loaded.image is None or logits is None:
                yield Predicted(loaded.sample, None, None, loaded.problem)
                continue
            predicted, confidence = upsample(logits[position : position + 1], loaded.size)
            position += 1
            actual = torch.from_numpy(loaded.actual).to(how.device) if loaded.actual is not None else None
            yield Predicted(
                sample=loaded.sample,
                actual=actual,
                predicted=predicted,
                confidence=confidence,
                brightness=_brightness(loaded.image),
            )


def upsample(logits: torch.Tensor, size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Class ids uint8 [H, W] of logits [1, 20, h, w], which are interpolated and not the classes; and confidence.

    Confidence is the softmax probability of those ids, float32 [H / 4, W / 4], of every fourth pixel: for how well a
    model is calibrated that is as good as all, and costs a sixteenth.
    """
    large = F.interpolate(logits, size, mode="bilinear", align_corners=False)[0]
    sparse = large[:, ::CONFIDENCE_STRIDE, ::CONFIDENCE_STRIDE].float()
    return large.argmax(dim=0).to(torch.uint8), (sparse.amax(dim=0) - sparse.logsumexp(dim=0)).exp()


def write_prediction(predicted: NDArray[np.uint8], path: Path) -> None:
    """Saves class ids, uint8 [H, W], as the official evaluator reads them: 8-bit grey PNG, unknown as 255.

    Raises:
        OSError: it cannot be written.
    """
    raw = np.where(predicted == UNKNOWN, RAW_UNKNOWN, predicted).astype(np.uint8)
    sink = BytesIO()
    Image.fromarray(raw).save(sink, "PNG", compress_level=4)
    write_bytes(path, sink.getvalue(), durable=False)


def _brightness(image: NDArray[np.uint8]) -> float:
    """Mean luma (0..1, ITU-R BT.601) of uint8 [3, H, W]."""
    return float(np.dot(image.mean(axis=(1, 2)), _LUMA) / 255)


def _load(sample: Sample, size: tuple[int, int] | None, change: Change | None = None) -> Loaded:
    try:
        image = read_image(sample.image)
        actual = read_mask(sample.mask) if sample.mask else None
        if sample.mask is not None and actual is not None and actual.shape != (image.height, image.width):
            raise size_mismatch(sample.image, sample.mask, image.size, (actual.shape[1], actual.shape[0]))
    except BadFileError as error:
        return Loaded(sample, None, (0, 0), None, str(error))
    shown = change(image, sample) if change else image
    return Loaded(sample, shrink(shown, size), (image.height, image.width), actual, None)


def shrink(image: Image.Image, size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """An RGB image at the model's size (height, width), or at its own: uint8 [3, H, W]."""
    if size is None:
        return np.asarray(image).transpose(2, 0, 1)
    small = image.resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(small).transpose(2, 0, 1)


def load_ahead(samples: list[Sample], size: tuple[int, int] | None, change: Change | None = None) -> Iterator[Loaded]:
    """Yields every sample at a model's size (height, width), or at its own, in order, some decoded ahead."""
    with ThreadPoolExecutor(min(8, cores()), "decode") as pool:
        source = iter(samples)
        waiting: list[Future[Loaded]] = [pool.submit(_load, s, size, change) for s in islice(source, PREFETCH)]
        while waiting:
            loaded = waiting.pop(0).result()
            if (following := next(source, None)) is not None:
                waiting.append(pool.submit(_load, following, size, change))
            yield loaded


def groups(items: Iterator[Loaded], how: Inference) -> Iterator[list[Loaded]]:
    """Batches of images of one size that follow each other; what cannot be used is in any."""
    group: list[Loaded] = []
    shape: tuple[int, ...] | None = None
    for item in items:
        other = item.image is not None and shape is not None and item.image.shape != shape
        if group and (other or len(group) >= _most(how, shape)):
            yield group
            group, shape = [], None
        group.append(item)
        shape = shape if item.image is None else item.image.shape
    if group:
        yield group


def _most(how: Inference, shape: tuple[int, ...] | None) -> int:
    """How many images of this shape [3, H, W] are run at once."""
    if shape is None or not how.pixels:
        return how.batch_size
    return max(1, min(how.batch_size, how.batch_size * how.pixels // (shape[1] * shape[2])))
