"""Which evaluations can be made."""

from dataclasses import dataclass

from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.tta import ABOUT, Tta
from bddseg_tui.core.services.runs import RunService

OFFERED: tuple[tuple[str, Tta], ...] = (("val", "none"), ("val", "flip"), ("val", "scales"), ("train", "none"))
"""Splits with test-time augmentation."""


@dataclass(frozen=True)
class NewEvaluation:
    """A checkpoint of a run, on a split, with test-time augmentation."""

    run: Run
    checkpoint: str
    split: str
    tta: Tta


def evaluation_choices(runs: RunService) -> tuple[tuple[str, NewEvaluation], ...]:
    """All that are offered, each with its label; looked up in a thread."""
    return tuple(
        (
            f"{run.name}  {checkpoint}  {split}" + (f"  with {ABOUT[tta]}" if ABOUT[tta] else ""),
            NewEvaluation(run, checkpoint, split, tta),
        )
        for run, checkpoint in runs.checkpoints()
        for split, tta in OFFERED
    )
