"""The classes of a dataset's masks as words with known truth, for the calibration and for comparing models."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.data.dataset import Dataset, Sample, list_samples
from bddseg_tui.core.data.image_file import BadFileError, mask_shares
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.retrieval.calibration import VERSION, CalibrationRecord
from bddseg_tui.index.calibrate import Truth, average_precision_of, calibrate, why_not
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.vector_types import Vectors

NAMES = tuple(c.name for c in CLASSES[:NUM_OFFICIAL])
BARE = ("{}",)
ENSEMBLE = ("{}", "a photo of {}", "a street scene with {}", "a driving scene that shows {}")
"""Sentences around the words of a class; their vectors are averaged, as CLIP's authors do for ImageNet."""
MOST = 2000
"""Masks that are read at most: the calibration is as good by then."""
_SEEN = 0.25
"""Percent of the picture from which a class counts as shown; below that and above nothing it is too small to call."""
_GAIN = 0.01
"""By how much the ensemble has to find better than bare words, so that chance does not choose."""


@dataclass(frozen=True)
class Labels:
    """Labelled images that have a vector: their places in the index, and a checksum of their masks' stamps."""

    samples: tuple[Sample, ...]
    places: tuple[int, ...]
    checksum: str


def find_labels(dataset: Dataset, images: Sequence[bytes], identity: str, seed: int = 0) -> Labels:
    """The labelled images among those of an index, at most 2,000, drawn evenly."""
    place = {image: at for at, image in enumerate(images)}
    found = []
    for sample in list_samples(dataset):
        image = os.fsencode(os.path.relpath(sample.image, dataset.root))
        if sample.mask is not None and image in place:
            found.append((sample, place[image]))
    chosen = sorted(np.random.default_rng(seed).permutation(len(found))[:MOST].tolist())
    digest = hashlib.sha256(f"{VERSION} {identity} {len(images)}".encode())
    for at in chosen:
        mask = found[at][0].mask
        try:
            status = mask.stat() if mask is not None else None
        except OSError:
            status = None
        if status is not None:
            digest.update(os.fsencode(found[at][0].image) + f"{status.st_size}:{status.st_mtime_ns}".encode())
    return Labels(tuple(found[at][0] for at in chosen), tuple(found[at][1] for at in chosen), digest.hexdigest()[:16])


def read_truth(labels: Labels, report: Callable[[int, int], None] = lambda done, total: None) -> Truth:
    """int8 [n, 19]: 1 shown, 0 not shown, -1 too small to call, or the mask cannot be read. Reads masks in threads."""
    truth = np.full((len(labels.samples), NUM_OFFICIAL), -1, np.int8)
    with ThreadPoolExecutor(min(16, max(2, cores()))) as pool:
        for at, shares in enumerate(pool.map(_shares, labels.samples)):
            if shares is not None:
                truth[at] = class_truth(np.asarray(shares[:NUM_OFFICIAL]))
            if at % 50 == 49:
                report(at + 1, len(labels.samples))
    return truth


def class_truth(percent: NDArray[np.float64]) -> Truth:
    """int8 of the same shape: what shares of a picture in percent say; -1 is too small to call."""
    return np.where(percent >= _SEEN, 1, np.where(percent == 0, 0, -1)).astype(np.int8)


def calibrate_on(clip: Clip, matrix: Vectors, labels: Labels, truth: Truth) -> tuple[CalibrationRecord | None, str]:
    """The calibration of a CLIP on the labelled images of an index; or None, and why there is none."""
    readable = np.flatnonzero((truth >= 0).any(1))
    vectors = np.asarray(matrix[np.asarray(labels.places, np.int64)[readable]]) if len(readable) else matrix[:0]
    truth = truth[readable]
    ways = {templates: vectors @ embed(clip, NAMES, templates).T for templates in (BARE, ENSEMBLE)}
    score = {templates: average_precision_of(cosines, truth) for templates, cosines in ways.items()}
    templates = ENSEMBLE if score[ENSEMBLE] > score[BARE] + _GAIN else BARE
    cosines = ways[templates].astype(np.float64)
    if why := why_not(truth, cosines):
        return None, why
    own = None if clip.bias is None else (clip.scale, clip.bias)
    record = calibrate(NAMES, cosines, truth, own)
    return {**record, "labels": labels.checksum, "templates": list(templates)}, ""


def embed(clip: Clip, words: Sequence[str], templates: Sequence[str]) -> Vectors:
    """Unit vectors, float32 [n, dimension]: of each word in every template, averaged."""
    every = [clip.encode_texts([t.format(w) if t != "{}" else w for w in words]) for t in templates]
    mean = np.mean(every, axis=0)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)


def _shares(sample: Sample) -> tuple[float, ...] | None:
    try:
        return None if sample.mask is None else mask_shares(sample.mask)
    except (BadFileError, OSError):
        return None
