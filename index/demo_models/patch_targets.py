"""What each of the 100 patches of a picture shows: the targets that teach the vision tower to see small things."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from bddseg_tui.index.demo_models.concepts import PAINTS
from bddseg_tui.index.demo_models.scenes import CELLS, COLOR_NAMES, KINDS, Scenes

PATCHES = 10
"""Patches along one side."""
_PAINTED = {13: 0, 14: 1, 15: 2, 16: 3}
"""Map values of car, truck, bus and train, and their places in the colour targets."""
COLORS = len(_PAINTED) * len(COLOR_NAMES)
_LEAST = 0.05
"""Share of a patch from which a kind or colour counts as present in it."""


def patch_targets(scenes: Scenes) -> NDArray[np.uint8]:
    """uint8 [N, 100, KINDS + COLORS]: cells (of 64) of each patch that show a kind, or a vehicle kind in a colour."""
    cells = CELLS // PATCHES
    patch = (np.arange(CELLS)[:, None] // cells * PATCHES + np.arange(CELLS)[None] // cells).ravel()
    place = np.full(256, -1)
    for value, number in _PAINTED.items():
        place[value] = number
    out = np.empty((len(scenes), PATCHES * PATCHES, KINDS + COLORS), np.uint8)
    for i in range(len(scenes)):
        kinds, colors = scenes.kinds[i].ravel(), scenes.colors[i].ravel()
        out[i, :, :KINDS] = np.bincount(patch * KINDS + kinds, minlength=100 * KINDS).reshape(100, KINDS)
        painted = (place[kinds] >= 0) & (colors > 0)
        code = place[kinds[painted]] * len(COLOR_NAMES) + colors[painted] - 1
        out[i, :, KINDS:] = np.bincount(patch[painted] * COLORS + code, minlength=100 * COLORS).reshape(100, COLORS)
    return out


class PatchHead(nn.Linear):
    """Reads kinds and colours off patch tokens; used in training alone."""

    def __init__(self, width: int) -> None:
        super().__init__(width, KINDS + COLORS)

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy of the area shares plus binary cross-entropy of presence.

        Args:
            tokens: float [B, 100, width].
            targets: uint8 [B, 100, KINDS + COLORS] from `patch_targets`.
        """
        logits = self(tokens).float()
        shares = targets.float() / 64
        area = -(shares[..., :KINDS] * F.log_softmax(logits[..., :KINDS], -1)).sum(-1).mean()
        present = (shares >= _LEAST).float()
        presence = F.binary_cross_entropy_with_logits(logits, present, reduction="none").sum(-1).mean()
        return area + presence


def flip_targets(targets: Tensor) -> Tensor:
    """The targets of pictures that were mirrored left to right."""
    grid = targets.view(len(targets), PATCHES, PATCHES, -1)
    return grid.flip(2).reshape(targets.shape)


assert all(color in COLOR_NAMES for colors in PAINTS.values() for color in colors)
