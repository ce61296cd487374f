"""Looking for duplicates in a dataset: by bytes, by a hash of the picture, and by an index's embeddings."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.data.image_file import BadFileError, read_image
from bddseg_tui.core.processes.parallel import map_unordered
from bddseg_tui.core.quality.duplicates import Kind, Pair, measures_of, write_duplicates
from bddseg_tui.core.retrieval.manifest import read_manifest
from bddseg_tui.index.likeness_threshold import (
    Threshold,
    sample_copies,
    threshold_of_embeddings,
    threshold_of_hashes,
)
from bddseg_tui.index.near_pairs import near_pairs
from bddseg_tui.index.picture_hash import hash_file, hash_picture
from bddseg_tui.index.vector_table import VectorTable
from bddseg_tui.index.vector_types import Vectors

Report = Callable[[str, int, int], None]
_IN_THIS_PROCESS = 300
"""So few files are hashed sooner than other processes are started."""


@dataclass(frozen=True)
class DuplicatesWanted:
    """Duplicates of the dataset at `root`, written into `to`; where there is an `index` by `model`, by it too."""

    root: Path
    to: Path
    catalog: Path
    index: Path
    model: str
    device: str = ""


def find_duplicates(wanted: DuplicatesWanted, report: Report) -> int:
    """Writes the pairs, and into the catalog what filters know of them; returns how many pairs there are.

    Args:
        wanted: of what.
        report: called with (phase, done, total); it may raise to stop the work, which then changes nothing.

    Raises:
        BddsegError: the dataset or the index cannot be read, or what was found cannot be written.
    """
    dataset = open_dataset(wanted.root)
    samples = list(list_samples(dataset))
    names = [os.path.relpath(s.image, dataset.root) for s in samples]
    found: dict[tuple[str, str], Pair] = {}
    _keep(found, same_files(samples, names, report))
    hashed, vectors = _hashes(samples, report)
    by_hash = threshold_of_hashes(vectors, *_hashed_copies(samples, hashed)) if len(hashed) else Threshold(1, 1, 1)
    report("compare", 0, len(hashed))
    _keep(found, _near(vectors, [names[i] for i in hashed], by_hash, "picture", wanted.to.parent, report))
    about = f"the same picture from {_percent(by_hash)} of its hash on"
    if read_manifest(wanted.index) is not None:
        about += _by_embeddings(wanted, set(names), found, report)
    else:
        about += "; without an index of the dataset nothing else is known to be alike"
    write_duplicates(wanted.to, found.values(), about, len(names))
    report("record", 0, len(names))
    splits = {name: s.split for name, s in zip(names, samples, strict=True)}
    measures = measures_of(found.values(), splits)
    Catalog(wanted.catalog, dataset.root).record_measures((dataset.root / n, m) for n, m in measures.items())
    return len(found)


def same_files(samples: Sequence[Sample], names: Sequence[str], report: Report) -> list[Pair]:
    """Pairs of the same bytes: of files that are equally large these are compared, by a hash."""
    by_size: dict[int, list[int]] = defaultdict(list)
    for number, sample in enumerate(samples):
        try:
            by_size[sample.image.stat().st_size].append(number)
        except OSError:
            continue
    suspects = [number for some in by_size.values() if len(some) > 1 for number in some]
    first: dict[bytes, int] = {}
    pairs = []
    for done, number in enumerate(suspects):
        try:
            with samples[number].image.open("rb") as file:
                digest = hashlib.file_digest(file, "blake2b").digest()
        except OSError:
            continue
        if (one := first.setdefault(digest, number)) != number:
            pairs.append(Pair(names[one], names[number], 1.0, "file"))
        if done % 100 == 0:
            report("files", done, len(suspects))
    return pairs


def _hashes(samples: Sequence[Sample], report: Report) -> tuple[list[int], Vectors]:
    """Numbers of the samples that can be read, in order, and their hashes, float32 [n, 256]."""
    workers = 1 if len(samples) <= _IN_THIS_PROCESS else None
    found: dict[int, Vectors] = {}
    report("hash", 0, len(samples))
    for done, (number, vector) in enumerate(map_unordered(hash_file, enumerate(s.image for s in samples), workers), 1):
        if vector is not None:
            found[number] = vector
        if done % 50 == 0 or done == len(samples):
            report("hash", done, len(samples))
    numbers = sorted(found)
    return numbers, np.stack([found[n] for n in numbers]) if numbers else np.zeros((0, 1), np.float32)


def _hashed_copies(samples: Sequence[Sample], numbers: Sequence[int]) -> tuple[Vectors, Vectors]:
    def hash_all(pictures: list[Image.Image]) -> Vectors:
        return np.stack([hash_picture(p) for p in pictures])

    return sample_copies(len(numbers), lambda n: _read(samples[numbers[n]].image), hash_all)


def _by_embeddings(
    wanted: DuplicatesWanted, there: set[str], found: dict[tuple[str, str], Pair], report: Report
) -> str:
    """Adds what is alike by an index; returns what is to be said of it."""
    from bddseg_tui.index.clip import load_clip

    report("load", 0, 0)
    clip = load_clip(wanted.model, wanted.device or None)
    images, matrix = VectorTable(wanted.index, clip.identity, clip.dimension).load()
    names = [os.fsdecode(image) for image in images]
    kept: NDArray[np.int64] = np.asarray([n for n, name in enumerate(names) if name in there], np.int64)
    names = [names[n] for n in kept]
    vectors = matrix if len(kept) == len(matrix) else matrix[kept]
    if not names:
        return f"; the index by {clip.name} has none of its images"
    copies = sample_copies(len(names), lambda n: _read(wanted.root / names[n]), clip.encode_images)
    threshold = threshold_of_embeddings(vectors, *copies)
    _keep(found, _near(vectors, names, threshold, "alike", wanted.to.parent, report))
    why = "which 95 % of copies made of it reach"
    if threshold.chance > threshold.copies:
        why = f"as more than ten others an image are over the {threshold.copies:.3f} of its copies"
    lacking = len(there) - len(names)
    missing = f"; {lacking:,} images are not in the index" if lacking else ""
    return f", alike from a cosine of {threshold.cosine:.3f} by {clip.name} on ({why}){missing}"


def _near(
    vectors: Vectors, names: Sequence[str], threshold: Threshold, kind: Kind, work: Path, report: Report
) -> Iterable[Pair]:
    near = near_pairs(vectors, threshold.cosine, work, lambda done, total: report("compare", done, total))
    for first, second, cosine in zip(near.first.tolist(), near.second.tolist(), near.cosine.tolist(), strict=True):
        # Of hashes the share of equal bits is told.
        likeness = (1 + cosine) / 2 if kind == "picture" else cosine
        yield Pair(names[first], names[second], min(1.0, max(0.0, likeness)), kind)


def _keep(found: dict[tuple[str, str], Pair], pairs: Iterable[Pair]) -> None:
    """Adds pairs; one that is known by a surer kind stays as it is."""
    for pair in pairs:
        key = (pair.first, pair.second) if pair.first < pair.second else (pair.second, pair.first)
        found.setdefault(key, pair)


def _read(path: Path) -> Image.Image | None:
    try:
        return read_image(path)
    except (BadFileError, OSError, ValueError):
        return None


def _percent(threshold: Threshold) -> str:
    return f"{50 * (1 + threshold.cosine):.0f} %"
