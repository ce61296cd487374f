"""The result of an evaluation, as `result.json` in its job's folder holds it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.classes import NUM_CLASSES
from core.errors import BddsegError
from core.history import ClassScore, class_scores
from core.sanitize import sanitize, sanitize_path


@dataclass(frozen=True)
class Evaluation:
    """Figures of one checkpoint on one split, at the dataset's own resolution; fractions are 0..1.

    `confusion` counts pixels, [actual][predicted], 20 x 20. `ece` is the expected calibration error, `boundary` the
    boundary IoU by class; both are None in evaluations of earlier versions.
    """

    run: str
    checkpoint: str
    split: str
    images: int
    pixel_accuracy: float | None
    miou19: float | None
    miou20: float | None
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    left_out: int
    folder: Path
    raw: dict[str, Any]
    tta: str = "none"
    boundary_miou19: float | None = None
    ece: float | None = None
    boundary: tuple[float | None, ...] = (None,) * NUM_CLASSES

    @property
    def name(self) -> str:
        """What the catalog calls this evaluation."""
        return evaluation_name(self.run, self.checkpoint, self.split, self.tta)


def evaluation_name(run: str, checkpoint: str, split: str, tta: str = "none") -> str:
    """What the catalog calls an evaluation. What was augmented at test time has a name of its own."""
    return f"{run}/{_last_name(checkpoint, split, tta)}"


def prediction_name(run: str, checkpoint: str, split: str) -> str:
    """What the catalog calls predictions of a split, which need no masks and have no scores."""
    return f"{run}/{checkpoint}-{split} predicted"


def evaluation_folder(run_folder: Path, checkpoint: str, split: str, tta: str = "none") -> Path:
    """The job's folder of an evaluation."""
    return run_folder / "evaluation" / _last_name(checkpoint, split, tta)


def _last_name(checkpoint: str, split: str, tta: str) -> str:
    return f"{checkpoint}-{split}" + (f"+{tta}" if tta != "none" else "")


def load_evaluation(folder: Path) -> Evaluation:
    """Reads a finished evaluation.

    Raises:
        BddsegError: there is none, or the file is damaged.
    """
    path = folder / "result.json"
    try:
        raw = json.loads(path.read_text("utf-8"))
        return Evaluation(
            sanitize(raw["run"]),
            sanitize(raw["checkpoint"]),
            sanitize(raw["split"]),
            int(raw["images"]),
            raw["pixel_accuracy"],
            raw["miou19"],
            raw["miou20"],
            class_scores(raw["classes"]),
            tuple(tuple(int(n) for n in row) for row in raw["confusion"]),
            int(raw["left_out"]),
            folder,
            raw,
            sanitize(str(raw.get("tta", "none"))),
            raw.get("boundary_miou19"),
            raw.get("ece"),
            tuple(row.get("boundary_iou") for row in raw["classes"]),
        )
    except FileNotFoundError as error:
        raise BddsegError(f"no evaluation in {sanitize_path(folder)}: make one with `bddseg-tui evaluate`") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BddsegError(f"{sanitize_path(path)} is damaged ({type(error).__name__}): evaluate again") from error
