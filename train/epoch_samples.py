"""After each epoch the run's sample images are predicted, and kept in its folder and in its TensorBoard files."""

import json
import shutil
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.classes import NUM_CLASSES, PALETTE, RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.files.atomic import sync_folder, sync_tree
from bddseg_tui.core.files.temporary_files import temporary_folder
from bddseg_tui.core.runs.metrics import finite
from bddseg_tui.core.runs.samples import EPOCH, SampleEpoch, epoch_folders, epoch_name, record_of, superfluous
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.tensorboard_writer import Pictures
from bddseg_tui.train.trainer import Trainer


def write_samples(t: Trainer) -> None:
    """Predicts the sample images with the weights that were validated, and keeps that as the epoch that was finished.

    From the first process alone, and once the epoch's checkpoint is there: one that a resume does again is not told.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    if t.samples is None or t.val is None or not t.is_main:
        return
    pictures = predict_samples(t)
    predicted, masks = ([ids.cpu().numpy() for ids in found] for found in (pictures.predicted, pictures.masks))
    shares = map(_accuracy, predicted, masks)
    p = t.progress
    folder = t.samples.folder / epoch_name(p.epoch)
    accuracy = dict(zip(t.samples.numbers, shares, strict=True))
    miou = t.metrics.get("miou19")
    epoch = SampleEpoch(folder, p.epoch, p.step, None if miou is None else finite(miou), accuracy)
    _keep(epoch, dict(zip(t.samples.numbers, predicted, strict=True)))
    kept = dict(epoch_folders(t.samples.folder))
    for number in superfluous(kept, p.best_epoch):
        shutil.rmtree(kept[number], ignore_errors=True)
    if t.tensorboard:
        t.tensorboard.write_pictures(p.step, pictures)


@torch.inference_mode()
def predict_samples(t: Trainer) -> Pictures:
    """The sample images as they are validated, with their masks and what is predicted for them."""
    assert t.samples is not None and t.val is not None
    # Not the compiled model: another number of images would be compiled anew.
    model = t.ema.model if t.ema else t.bare_model
    model.eval()
    images, masks, predicted = [], [], []
    # One by one: they may have several sizes.
    for row in t.samples.rows:
        image, mask = (pixels.to(t.device) for pixels in t.val.pair(int(row)))
        logits = forward(model, normalise(image[None], t.config.encoder))
        images.append(image)
        masks.append(mask)
        predicted.append(logits.argmax(dim=1)[0].to(torch.uint8))
    return Pictures(images, masks, predicted)


def _keep(epoch: SampleEpoch, predicted: dict[int, NDArray[np.uint8]]) -> None:
    parent = epoch.folder.parent
    with temporary_folder(parent) as made:
        for number, ids in predicted.items():
            (made / epoch.prediction(number).name).write_bytes(_png(ids))
        (made / EPOCH).write_text(json.dumps(record_of(epoch)))
        sync_tree(made)
        if epoch.folder.exists():
            shutil.rmtree(epoch.folder)
        made.rename(epoch.folder)
    sync_folder(parent)


def _png(ids: NDArray[np.uint8]) -> bytes:
    """Class ids uint8 [H, W] as masks are written: train ids, 255 for unknown; with a palette, for who looks at it."""
    table = np.arange(256, dtype=np.uint8)
    table[UNKNOWN] = RAW_UNKNOWN
    picture = Image.fromarray(table[ids], "L").convert("P")
    picture.putpalette([*PALETTE[: 3 * UNKNOWN], *(0,) * (3 * (256 - UNKNOWN))])
    sink = BytesIO()
    picture.save(sink, "PNG")
    return sink.getvalue()


def _accuracy(predicted: NDArray[np.uint8], mask: NDArray[np.uint8]) -> float | None:
    """The share of known pixels that are right; None where none is known."""
    known = mask < NUM_CLASSES - 1
    return float((predicted[known] == mask[known]).mean()) if known.any() else None
