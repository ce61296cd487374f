"""What augmentation leaves to chance, drawn for each image of the whole batch, from seed, epoch and step alone.

However many processes share the batch, and wherever a run is resumed, an image comes out the same.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch

TRIES = 10
"""How often a crop is drawn at most while one class fills too much of it, as in mmsegmentation."""
DISTORTIONS = 9
"""Numbers that photometric distortion takes of each image."""


@dataclass(frozen=True)
class AugmentationDraws:
    """Uniform random numbers, float32 [N] in 0..1 each: one an image and decision."""

    mirror: torch.Tensor
    zoom: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor
    over_rare: torch.Tensor
    rare_class: torch.Tensor
    rare_pixel: torch.Tensor
    brightness: torch.Tensor
    contrast: torch.Tensor
    saturation: torch.Tensor


def draw_augmentations(count: int, seed: tuple[int, ...], rank: int = 0, world: int = 1) -> AugmentationDraws:
    """The draws of a process's `count` images, every `world`-th of a batch that begins with process 0's first."""
    return AugmentationDraws(*_table(count, seed, len(fields(AugmentationDraws)), rank, world).T.contiguous())


def draw_tries(count: int, seed: tuple[int, ...], rank: int = 0, world: int = 1) -> torch.Tensor:
    """Where further tries of crops lie, float32 [count, TRIES - 1, 2]: x and y."""
    # Of a stream of its own, as what follows: what is drawn without it stays the same with it.
    return _table(count, (*seed, 1), 2 * (TRIES - 1), rank, world).view(count, TRIES - 1, 2)


def draw_distortions(count: int, seed: tuple[int, ...], rank: int = 0, world: int = 1) -> torch.Tensor:
    """What photometric distortion draws, float32 [count, DISTORTIONS]."""
    return _table(count, (*seed, 2), DISTORTIONS, rank, world)


def _table(count: int, seed: tuple[int, ...], columns: int, rank: int, world: int) -> torch.Tensor:
    table = np.random.default_rng(seed).random((count * world, columns), dtype=np.float32)
    return torch.from_numpy(table[rank::world].copy())
