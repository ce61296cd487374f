"""What a search for label errors comes to: the images in the order in which to look at them, and swaps of classes.

found.json, beside the suspect areas, has it.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, Strict, TypeAdapter

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import Count, FileName, Fraction, Line, Moment, read_record
from bddseg_tui.core.quality.label_evidence import FoldEvidence
from bddseg_tui.core.quality.label_ranking import Ranked, score_of
from bddseg_tui.core.sanitize import sanitize_path

MEASURE = "label"
"""What an image's score is called in filters and sorting."""
SUSPECT = 0.5
"""The score below which a label is suspect."""
_FILE = "found.json"
_LARGEST = 1 << 30
ClassId = Annotated[int, Strict(), Field(ge=0, lt=NUM_CLASSES)]


@dataclass(frozen=True)
class ImageFinding:
    """A labelled image.

    Attributes:
        sample: its path relative to the dataset.
        score: 0 (the label is surely contradicted) .. 1.
        given, predicted: the classes of the area that speaks most against the label; None where none does.
        share: how much of the frame (0..1) that area takes.
    """

    sample: FileName
    score: Fraction
    given: ClassId | None
    predicted: ClassId | None
    share: Fraction


@dataclass(frozen=True)
class Swap:
    """One class labelled as another, as far as the models are sure.

    Attributes:
        given, predicted: the class ids.
        areas, images: how many suspect areas, in how many images.
        share: of all that is labelled `given`, how much (0..1) these areas are.
    """

    given: ClassId
    predicted: ClassId
    areas: Count
    images: Count
    share: Fraction


@dataclass(frozen=True)
class Findings:
    """All of it.

    Attributes:
        about: how the models' probabilities came about, in a line.
        made: when, in seconds since the epoch.
        images: the worst first.
        swaps: the most frequent first.
    """

    about: Line
    made: Moment
    images: tuple[ImageFinding, ...]
    swaps: tuple[Swap, ...]

    @property
    def suspect(self) -> int:
        """How many images have a suspect label."""
        return sum(image.score < SUSPECT for image in self.images)


_FINDINGS = TypeAdapter(Findings)


def find(folds: Sequence[FoldEvidence], ranked: Sequence[Ranked], about: str, made: float) -> Findings:
    """Puts into words what the folds' images and areas weigh."""
    images = [finding for fold, r in zip(folds, ranked, strict=True) for finding in _images(fold, r)]
    images.sort(key=lambda finding: (finding.score, finding.sample))
    return Findings(about, made, tuple(images), _swaps(folds, ranked))


def _images(fold: FoldEvidence, ranked: Ranked) -> list[ImageFinding]:
    heaviest = np.full(len(fold.images), -1)
    for place in np.argsort(ranked.areas, kind="stable").tolist():
        heaviest[fold.areas["image"][place]] = place
    cells = fold.grid.height * fold.grid.width
    found = []
    for image, place, weight in zip(fold.images, heaviest.tolist(), ranked.images.tolist(), strict=True):
        area = fold.areas[place] if place >= 0 else None
        given, predicted = (None, None) if area is None else (int(area["given"]), int(area["predicted"]))
        share = 0.0 if area is None else int(area["cells"]) / cells
        found.append(ImageFinding(os.fsdecode(image), score_of(weight), given, predicted, share))
    return found


def _swaps(folds: Sequence[FoldEvidence], ranked: Sequence[Ranked]) -> tuple[Swap, ...]:
    labelled = np.zeros(NUM_CLASSES, np.int64)
    areas = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64)
    cells, images = np.zeros_like(areas), np.zeros_like(areas)
    for fold, r in zip(folds, ranked, strict=True):
        labelled += np.bincount(fold.given.ravel(), minlength=NUM_CLASSES)
        suspect = fold.areas[score_of(r.areas) < SUSPECT]
        pairs = suspect["given"], suspect["predicted"]
        np.add.at(areas, pairs, 1)
        np.add.at(cells, pairs, suspect["cells"])
        once = np.unique(suspect[["image", "given", "predicted"]])
        np.add.at(images, (once["given"], once["predicted"]), 1)
    swaps = [
        Swap(g, p, int(areas[g, p]), int(images[g, p]), int(cells[g, p]) / int(labelled[g]))
        for g, p in np.argwhere(areas).tolist()
    ]
    return tuple(sorted(swaps, key=lambda swap: (-swap.images, -swap.areas, swap.given, swap.predicted)))


def write_findings(folder: Path, findings: Findings) -> None:
    """Keeps them in the folder of a search.

    Raises:
        BddsegError: the disk is full.
    """
    try:
        write_text(folder / _FILE, json.dumps(asdict(findings)))
    except OSError as error:
        raise disk_error(error, folder / _FILE) from error


def read_findings(folder: Path) -> Findings | None:
    """What was found; None where nothing was searched.

    Raises:
        BddsegError: the file cannot be read or makes no sense.
    """
    path = folder / _FILE
    try:
        return read_record(_FINDINGS, path, _LARGEST)
    except FileNotFoundError:
        return None
    except RecordError as error:
        raise BddsegError(f"{sanitize_path(path)} is damaged ({error}): search label errors anew") from error
    except OSError as error:
        raise disk_error(error, path, "read") from error
