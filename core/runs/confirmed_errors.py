"""Areas whose label a person confirmed to be wrong: a run does not learn from them.

They are kept in the run's folder as of when the run was made, so that a resume, and every process, ignores the same
pixels whatever is confirmed or taken back meanwhile.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.data.area_runs import Runs, as_text, from_text
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.catalog.verdicts import Verdict
from bddseg_tui.core.data.dataset import Dataset, Sample, list_samples
from bddseg_tui.core.data.filter_language import EXCLUDE
from bddseg_tui.core.data.image_file import BadFileError, read_size
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.runs.excluded import find_excluded
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace

_FILE = "confirmed-errors.json"
_LARGEST = 1 << 30


@dataclass(frozen=True)
class WrongAreas:
    """The areas of one mask of `size` (width, height) that are labelled wrongly, and how many these are."""

    size: tuple[int, int]
    runs: Runs
    areas: int


@dataclass(frozen=True)
class LeftOut:
    """What runs on a dataset do not learn from by default, of the train split.

    Attributes:
        tagged: images with the tag `exclude`.
        areas: those that are confirmed to be labelled wrongly.
        images: in how many images they are.
    """

    tagged: int = 0
    areas: int = 0
    images: int = 0


NOTHING = LeftOut()


def count_left_out(workspace: Workspace, dataset: Dataset) -> LeftOut:
    """Counts it.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    confirmed = find_confirmed(workspace, dataset)
    tagged = len(find_excluded(workspace, dataset, f"tag:{EXCLUDE}"))
    return LeftOut(tagged, sum(wrong.areas for wrong in confirmed.values()), len(confirmed))


def find_confirmed(workspace: Workspace, dataset: Dataset, split: str = "train") -> dict[bytes, WrongAreas]:
    """By image, as a path relative to the dataset, the confirmed areas of a split's masks that are as they were.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    path = workspace.catalog_path(dataset.root)
    if not path.exists():
        return {}
    by_image: dict[bytes, list[Verdict]] = {}
    for verdict in Catalog(path, dataset.root).verdicts("confirmed"):
        by_image.setdefault(verdict.image, []).append(verdict)
    if not by_image:
        return {}
    samples = {relative(s.image, dataset.root): s for s in list_samples(dataset) if s.split == split}
    found = {image: _of(samples[image], verdicts) for image, verdicts in by_image.items() if image in samples}
    return {image: wrong for image, wrong in found.items() if wrong is not None}


def _of(sample: Sample, verdicts: Iterable[Verdict]) -> WrongAreas | None:
    if sample.mask is None:
        return None
    try:
        now, size = mask_hash(sample.mask), read_size(sample.mask)
    except (OSError, BadFileError):
        return None
    meant = [verdict for verdict in verdicts if verdict.mask_hash == now]
    runs = tuple(run for verdict in meant for run in verdict.runs)
    return WrongAreas(size, runs, len(meant)) if runs else None


def write_confirmed(run: Path, confirmed: Mapping[bytes, WrongAreas]) -> None:
    """Keeps them in the folder of a run, where there are some.

    Raises:
        BddsegError: the disk is full.
    """
    if confirmed:
        record = {
            os.fsdecode(image): {"size": wrong.size, "areas": wrong.areas, "pixels": as_text(wrong.runs)}
            for image, wrong in confirmed.items()
        }
        try:
            write_text(run / _FILE, json.dumps(record))
        except OSError as error:
            raise disk_error(error, run / _FILE) from error


def read_confirmed(run: Path) -> dict[bytes, WrongAreas]:
    """The areas that a run ignores; none in runs of earlier versions.

    Raises:
        BddsegError: the list is damaged: to train on these areas would be another run.
    """
    path = run / _FILE
    try:
        raw = decode(read_regular(path, _LARGEST))
        if not isinstance(raw, dict):
            raise RecordError("it is no table of images")
        return {os.fsencode(name): _wrong_areas(entry) for name, entry in raw.items()}
    except FileNotFoundError:
        return {}
    except (OSError, RecordError, UnicodeError) as error:
        why = disk_reason(error) if isinstance(error, OSError) else error
        raise BddsegError(f"{sanitize_path(path)} is damaged ({why}): start a new run") from error


def _wrong_areas(entry: Any) -> WrongAreas:
    match entry:
        case {"size": [int(width), int(height)], "areas": int(areas), "pixels": str(text)} if width > 0 and height > 0:
            return WrongAreas((width, height), from_text(text), areas)
    raise RecordError("it is no table of areas")
