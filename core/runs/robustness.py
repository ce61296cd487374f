"""How well a checkpoint does on corrupted images: `result.json` in a job's folder of its own, which grows by cells.

<run>/robustness/best-val/    beside the evaluations, whose place and scores it leaves alone
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES, NUM_OFFICIAL
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.path_component import path_component
from bddseg_tui.core.files.records import Count, Fraction, Line, read_record
from bddseg_tui.core.sanitize import sanitize_path

CLEAN = "clean"
"""The kind of the images as they are; its severity is 0."""
_LARGEST = 4 << 20


class Cell(TypedDict):
    """mIoU19 and IoU by class (0..1, None where undefined) at one kind and severity."""

    kind: Line
    severity: Count
    miou19: Fraction | None
    iou: Annotated[list[Fraction | None], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)]


class _Result(TypedDict):
    run: Line
    checkpoint: Line
    split: Line
    seed: Count
    images: Count
    cells: list[Cell]


_RESULT = TypeAdapter(_Result)


@dataclass(frozen=True)
class Robustness:
    """What is measured so far; `images` of the split were used, and `seed` says where drops and grain were."""

    run: str
    checkpoint: str
    split: str
    seed: int
    images: int
    cells: tuple[Cell, ...]

    def cell(self, kind: str, severity: int) -> Cell | None:
        """One that was measured."""
        return next((c for c in self.cells if (c["kind"], c["severity"]) == (kind, severity)), None)

    @property
    def clean(self) -> Cell | None:
        """That of the images as they are."""
        return self.cell(CLEAN, 0)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The corruptions that were measured."""
        return tuple(dict.fromkeys(c["kind"] for c in self.cells if c["kind"] != CLEAN))

    @property
    def severities(self) -> tuple[int, ...]:
        """The strengths that were measured."""
        return tuple(sorted({c["severity"] for c in self.cells if c["kind"] != CLEAN}))

    def mean(self, kind: str) -> float | None:
        """mIoU19 of a kind, the mean over its severities."""
        found = [c["miou19"] for c in self.cells if c["kind"] == kind and c["miou19"] is not None]
        return sum(found) / len(found) if found else None

    def worst_class(self, kind: str) -> tuple[str, float, float] | None:
        """(name, IoU as it is, IoU at the highest severity measured) of the official class that loses most."""
        cells = [c for c in self.cells if c["kind"] == kind]
        if self.clean is None or not cells:
            return None
        worst = max(cells, key=lambda c: c["severity"])
        pairs = zip(CLASSES[:NUM_OFFICIAL], self.clean["iou"], worst["iou"], strict=False)
        both = [(c.name, a, b) for c, a, b in pairs if a is not None and b is not None]
        return max(both, key=lambda x: x[1] - x[2], default=None)


def robustness_folder(run: Path, checkpoint: str, split: str) -> Path:
    """The job's folder.

    Raises:
        UsageError: one of them is no plain name.
    """
    return run / "robustness" / f"{path_component(checkpoint, 'a checkpoint')}-{path_component(split, 'a split')}"


def load_robustness(folder: Path) -> Robustness | None:
    """What was measured in this folder; None where nothing was.

    Raises:
        BddsegError: it is damaged.
    """
    path = folder / "result.json"
    try:
        raw = read_record(_RESULT, path, _LARGEST)
    except FileNotFoundError:
        return None
    except RecordError as error:
        raise BddsegError(f"{sanitize_path(path)} is damaged ({error}): delete it, and measure again") from error
    return Robustness(**{**raw, "cells": tuple(raw["cells"])})  # type: ignore[arg-type]


def write_robustness(folder: Path, found: Robustness) -> None:
    """Replaces what was measured before.

    Raises:
        OSError: the disk is full.
    """
    write_text(folder / "result.json", json.dumps({**found.__dict__, "cells": list(found.cells)}, allow_nan=False))
