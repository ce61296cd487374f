"""TensorBoard files of a run: scalars by step and epoch, a few validation pictures, and the settings (hparams)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bddseg_tui.core.classes import PALETTE

_COLOURS = np.array(PALETTE, np.uint8).reshape(-1, 3)


@dataclass(frozen=True)
class Pictures:
    """Validation images, uint8 [3, H, W] each, with their masks and predictions, uint8 [H, W], on any device."""

    images: list[torch.Tensor]
    masks: list[torch.Tensor]
    predicted: list[torch.Tensor]


class TensorBoardWriter:
    """Writes into the folder `tensorboard` of a run.

    What a killed job wrote from `first_step` on is hidden from whoever reads the files (a session start with that step,
    as TensorBoard calls it), so that a resume stands there once.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        # Not at the top: tensorboard is an extra.
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step)
        self._truth_drawn = False

    def write_step(self, step: int, values: Mapping[str, Any]) -> None:
        """Writes `step/NAME` for each value that is a float."""
        self._scalars("step", values, step)

    def write_epoch(self, step: int, values: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
        """Writes `epoch/NAME` for each value that is a float, and `iou/CLASS` (0..1) where it is defined.

        Args:
            step: how many steps were taken.
            values: losses and metrics by name.
            rows: `name` and `iou` of each class.
        """
        self._scalars("epoch", values, step)
        self._scalars("iou", {row["name"]: row["iou"] for row in rows}, step)
        self._writer.flush()

    def write_pictures(self, step: int, pictures: Pictures) -> None:
        """Writes `validation/N/prediction`, and once a job `image` and `truth` beside it, since these stay the same."""
        masks = {"prediction": pictures.predicted}
        if not self._truth_drawn:
            masks["truth"] = pictures.masks
        for number in range(len(pictures.images)):
            if not self._truth_drawn:
                self._writer.add_image(f"validation/{number + 1}/image", pictures.images[number].cpu(), step)
            for name, ids in masks.items():
                drawn = _COLOURS[ids[number].cpu().numpy()]
                self._writer.add_image(f"validation/{number + 1}/{name}", drawn, step, dataformats="HWC")
        self._truth_drawn = True
        self._writer.flush()

    def write_hparams(self, step: int, settings: Mapping[str, Any], metrics: Mapping[str, float | None]) -> None:
        """Writes the settings beside what they came to, `hparam/NAME`, as TensorBoard's HParams tab compares runs."""
        plain = {
            key: value if isinstance(value, bool | int | float | str) else str(value) for key, value in settings.items()
        }
        known = {f"hparam/{name}": value for name, value in metrics.items() if value is not None}
        # In the folder itself, not in one of its own, which would be another run in TensorBoard.
        self._writer.add_hparams(plain, known, run_name=".", global_step=step)

    def flush(self) -> None:
        """Hands what was written to the operating system: a killed process loses nothing of it."""
        self._writer.flush()

    def close(self) -> None:
        """Flushes and closes the files."""
        self._writer.close()

    def _scalars(self, group: str, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            if isinstance(value, float):
                self._writer.add_scalar(f"{group}/{name}", value, step)


def open_tensorboard(folder: Path, first_step: int) -> TensorBoardWriter | None:
    """The TensorBoard files of the run in `folder`, from the step that comes next on; None without the extra."""
    try:
        return TensorBoardWriter(folder, first_step)
    except ImportError:
        return None
