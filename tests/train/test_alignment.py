"""A mask lies on its image, whatever is done to both: what is drawn into each has its centre at the same point."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.train.augment import augment
from bddseg_tui.train.cache import resize_sample
from bddseg_tui.train.crops import rare_pixels
from bddseg_tui.train.draws import draw_augmentations
from bddseg_tui.train.infer import shrink, upsample
from bddseg_tui.train.losses import IGNORE_INDEX

DRAWS = 48
NEAR = 0.05
"""Pixels, in the mean: a class has no fractions, so the edge of one mask may lie half a pixel off, either way."""
PLAIN = ["flip=false", "scale_min=1", "scale_max=1", "color_jitter=0"]
AUGMENTATIONS = {
    "flip": ["flip=true"],
    "zoom out": ["scale_min=0.4"],
    "zoom in": ["scale_max=2.5"],
    "zoom in on a rare class": ["scale_max=2.5", "rare_crops=1"],
    "colours": ["color_jitter=0.4"],
    "crop": ["crop_height=120", "crop_width=150"],
    "crop and zoom": ["flip=true", "crop_height=64", "crop_width=97", "scale_min=0.5", "scale_max=2"],
    "crop, mirrored, of a rare class": ["flip=true", "crop_height=90", "crop_width=140", "rare_crops=1", "scale_max=2"],
    "all": ["flip=true", "scale_min=0.5", "scale_max=2", "color_jitter=0.4", "rare_crops=0.5"],
}


def disc(height: int, width: int, seed: int = 0) -> NDArray[np.bool_]:
    """A disc somewhere, bool [H, W]."""
    random = np.random.default_rng(seed)
    y, x = np.indices((height, width))
    radius = min(height, width) * random.uniform(0.22, 0.3)
    centre = random.uniform(0.4, 0.6, 2) * (height, width)
    return np.asarray((y - centre[0]) ** 2 + (x - centre[1]) ** 2 < radius**2)


def offset(image: torch.Tensor, mask: torch.Tensor) -> NDArray[np.float64] | None:
    """(dy, dx) from the centre of what is bright in [3, H, W] to that of class 12; None where either is not there."""
    inside = mask != IGNORE_INDEX
    truth = (mask == 12).double()
    if not 0.01 < truth[inside].mean() < 0.9:
        return None
    grey = image.double().mean(0)
    low, high = (torch.quantile(grey[inside], q) for q in (0.005, 0.995))
    bright = ((grey - low) / (high - low)).clamp(0, 1) * inside
    y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in mask.shape), indexing="ij")
    return np.array([float((a * truth).sum() / truth.sum() - (a * bright).sum() / bright.sum()) for a in (y, x)])


@pytest.mark.parametrize("size", [(96, 160), (135, 241)])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmentation_moves_image_and_mask_as_one(name: str, size: tuple[int, int]) -> None:
    config = build_config(None, [*PLAIN, *AUGMENTATIONS[name]])
    shapes = np.stack([disc(*size, seed) for seed in range(DRAWS)])
    masks = torch.from_numpy(np.where(shapes, 12, 2).astype(np.uint8))
    images = torch.from_numpy(np.where(shapes, 220, 30).astype(np.uint8))[:, None].expand(-1, 3, -1, -1).contiguous()
    draws = draw_augmentations(DRAWS, (5,))
    weights = torch.zeros(20)
    weights[12] = 1
    wanted = rare_pixels(list(masks.numpy()), draws, config.rare_crops, weights) if config.rare_crops else []
    pairs = zip(*augment(images, masks, config, draws, wanted), strict=True)
    found = [o for image, mask in pairs if (o := offset(image, mask)) is not None]
    assert len(found) > DRAWS / 2
    assert abs(np.mean(found, axis=0)).max() < NEAR


@pytest.mark.parametrize("size", [(96, 160), (45, 61), (250, 330)])
def test_the_cache_makes_image_and_mask_smaller_as_one(tmp_path: Path, size: tuple[int, int]) -> None:
    found = []
    for seed in range(8):
        shape = disc(221, 307, seed)
        Image.fromarray(np.where(shape, 220, 30).astype(np.uint8)).convert("RGB").save(tmp_path / "image.png")
        Image.fromarray(np.where(shape, 12, 2).astype(np.uint8)).save(tmp_path / "mask.png")
        image, mask = resize_sample(Sample("", tmp_path / "image.png", tmp_path / "mask.png"), size)
        found.append(offset(torch.from_numpy(image.copy()), torch.from_numpy(mask.copy())))
    assert abs(np.mean([f for f in found if f is not None], axis=0)).max() < NEAR


@pytest.mark.parametrize("size", [(96, 160), (45, 61)])
def test_what_is_predicted_at_the_training_size_lies_where_it_was_in_the_photograph(size: tuple[int, int]) -> None:
    found = []
    for seed in range(8):
        shape = disc(221, 307, seed)
        photo = torch.from_numpy(np.where(shape, 220, 30).astype(np.uint8)).expand(3, -1, -1)
        small = shrink(Image.fromarray(photo[0].numpy()).convert("RGB"), size)
        logits = torch.full((1, 20, *size), -1000.0)
        logits[:, 2], logits[:, 12] = 0.0, torch.from_numpy(small[0] - 125.0)
        found.append(offset(photo, upsample(logits, (221, 307))[0]))
    assert abs(np.mean([f for f in found if f is not None], axis=0)).max() < NEAR
