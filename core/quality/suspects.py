"""Suspect areas: those whose label a model contradicts, as a search for label errors writes them and others read them.

A file of JSON lines: first how they were found, then an area a line, the surest contradiction first or in any order.
"""

import base64
import binascii
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.area_runs import Runs, unpacked
from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.quality.finding_file import read_findings, write_findings
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.workspace.workspace import Workspace

SUSPECTS = "suspects.jsonl"


@dataclass(frozen=True)
class SuspectArea:
    """Pixels of a mask that touch each other and have one label, which a model contradicts with one other.

    Attributes:
        sample: the image, as a path relative to the dataset.
        area: its number within the image, the same for one mask.
        given: the class id of the label, 0..19.
        predicted: the class id that the model says, 0..19.
        pixels: how many it has.
        box: left, top, right, bottom in pixels of the mask, the last two exclusive.
        rows: its pixels, as `area_runs.packed` makes bytes of them.
        score: 0 (the model contradicts the label surely) .. 1.
        mask_hash: of the mask (`core.data.mask_hash`): of another mask it says nothing.
    """

    sample: str
    area: int
    given: int
    predicted: int
    pixels: int
    box: tuple[int, int, int, int]
    rows: bytes
    score: float
    mask_hash: str

    @property
    def image(self) -> bytes:
        """The image, as catalogs know it."""
        return os.fsencode(self.sample)

    @property
    def runs(self) -> Runs:
        """Its pixels; none where they are damaged."""
        try:
            return unpacked(self.rows)
        except RecordError:
            return ()


@dataclass(frozen=True)
class Suspects:
    """What a search for label errors found.

    Attributes:
        areas: in the order of the file.
        about: how the model's probabilities came about, in a line.
        made: when, in seconds since the epoch.
        damaged: lines that make no sense.
    """

    areas: tuple[SuspectArea, ...]
    about: str = ""
    made: float = 0.0
    damaged: int = 0


def suspects_path(workspace: Workspace, root: Path) -> Path:
    """Where the suspect areas of the dataset in this (resolved) folder are kept; it may not exist."""
    return workspace.root / "label-errors" / workspace.catalog_path(root).stem / SUSPECTS


def write_suspects(path: Path, areas: Iterable[SuspectArea], about: str = "") -> None:
    """Replaces what was found before, whole or not at all.

    Raises:
        BddsegError: it cannot be written.
    """
    lines: Iterable[list[object]] = (
        [a.sample, a.area, a.given, a.predicted, a.pixels, a.box, _base64(a.rows), a.score, a.mask_hash] for a in areas
    )
    write_findings(path, "suspects", about, lines)


def read_suspects(path: Path) -> Suspects | None:
    """What was found; None where nothing was looked for yet.

    Raises:
        BddsegError: the file cannot be read, or is of a later version.
    """
    found = read_findings(path, "suspects", "suspect areas", _area)
    return None if found is None else Suspects(found.items, found.about, found.made, found.damaged)


def _base64(rows: bytes) -> str:
    return base64.b64encode(rows).decode()


def _area(value: Any) -> SuspectArea:
    match value:
        case [
            str(sample),
            int(area),
            int(given),
            int(predicted),
            int(pixels),
            [int(x1), int(y1), int(x2), int(y2)],
            str(rows),
            float(score) | int(score),
            str(mask_hash),
        ] if 0 <= given < NUM_CLASSES and 0 <= predicted < NUM_CLASSES and 0 <= x1 < x2 and 0 <= y1 < y2 and sample:
            try:
                raw = base64.b64decode(rows, validate=True)
                os.fsencode(sample)
            except (binascii.Error, UnicodeError) as error:
                raise RecordError("its pixels or its name are damaged") from error
            return SuspectArea(
                sample, area, given, predicted, pixels, (x1, y1, x2, y2), raw, float(score), sanitize(mask_hash)
            )
    raise RecordError("it is no suspect area")
