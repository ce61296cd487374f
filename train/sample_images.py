"""Which validation images are predicted after each epoch: few, in which many classes occur, always the same ones."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES, NUM_OFFICIAL
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.runs.samples import FOLDER, IMAGES, image_records
from bddseg_tui.train.cached_split import CachedSplit

_LEAST_SHARE = 0.002
"""Of an image's pixels that a class must have to be seen in it."""


@dataclass(frozen=True)
class SampleImages:
    """The images of a run.

    Attributes:
        folder: the run's folder of samples.
        rows: which samples of the validation split they are, int64 [n].
        numbers: their numbers in the names of files, in the same order.
    """

    folder: Path
    rows: NDArray[np.int64]
    numbers: tuple[int, ...]


def sample_images(run_folder: Path, val: CachedSplit, count: int) -> SampleImages | None:
    """The images that a run predicts after each epoch; None for none.

    A run that goes on keeps those that it has, as far as they are still there. Nothing is written.
    """
    if count == 0:
        return None
    folder = run_folder / FOLDER
    places = {image: row for row, (image, _) in enumerate(val.files)}
    known = enumerate((os.fsencode(i["image"]) for i in image_records(folder)), start=1)
    kept = [(places[image], number) for number, image in known if image in places]
    chosen = kept or [(row, number) for number, row in enumerate(choose(val.counts, count), start=1)]
    return SampleImages(folder, np.array([row for row, _ in chosen], np.int64), tuple(n for _, n in chosen))


def write_sample_images(samples: SampleImages, val: CachedSplit) -> None:
    """Notes in the run's folder which images these are, if that is not there yet.

    Raises:
        OSError: it cannot be written.
    """
    if image_records(samples.folder):
        return
    records = []
    for row in samples.rows:
        image, mask = (os.fsdecode(path) for path in val.files[row])
        records.append({"image": image, "mask": mask, "pixels": val.counts[row].tolist()})
    samples.folder.mkdir(exist_ok=True)
    write_text(samples.folder / IMAGES, json.dumps(records, indent=1))


def choose(counts: NDArray[np.int64], count: int) -> list[int]:
    """Rows of `count` images, of all where there are fewer.

    Each next one shows most classes that none before it shows and, of several such, the rarer ones. Where all classes
    have been shown it begins again, with images that are far from those before: neighbours are often one scene.
    What is chosen depends on `counts` alone: pixels by image and class, int64 [N, 20].
    """
    shown = counts[:, :NUM_OFFICIAL] >= np.maximum(1, _LEAST_SHARE * counts.sum(axis=1, keepdims=True))
    rarity = 1 / np.maximum(1, shown.sum(axis=0))
    # Less than 1 in all, so that it decides between images with as many new classes.
    worth = 1 + rarity / (2 * rarity.sum())
    chosen: list[int] = []
    never, wanted = np.ones(NUM_OFFICIAL, bool), np.ones(NUM_OFFICIAL, bool)
    while len(chosen) < min(count, len(counts)):
        gain = (shown & wanted) @ worth
        gain[chosen] = -1
        if not gain.max() > 0 and not wanted.all():
            wanted[:] = True
            continue
        if not (gain[(shown & never).any(axis=1)] > 0).any():
            gain[_near(chosen, len(counts), count) & (gain >= 0)] /= NUM_CLASSES
        best = int(gain.argmax())
        chosen.append(best)
        wanted &= ~shown[best]
        never &= ~shown[best]
    return chosen


def _near(chosen: list[int], images: int, count: int) -> NDArray[np.bool_]:
    """Which of so many images lie close to a chosen one, bool [images]: half of what `count` would have."""
    rows = np.arange(images)
    distance: NDArray[np.int64] = np.abs(rows[:, None] - np.array(chosen, int)[None]).min(axis=1, initial=images)
    return np.less(distance, images / (2 * count))
