"""Checking a dataset: every file is opened, and whatever is wrong is named with its path and what to do."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.data.dataset import Dataset, Layout, Sample, list_samples
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask
from bddseg_tui.core.data.known_faults import known_wrong_labels, with_known
from bddseg_tui.core.data.mask_faults import doubt_of_values
from bddseg_tui.core.data.size_mismatch import size_mismatch
from bddseg_tui.core.data.validate_names import Problem, missing_masks, shared_stems, stray_files
from bddseg_tui.core.processes.parallel import map_unordered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class CheckReport:
    """What a check found: images and masks by split, and the problems in order of path."""

    root: Path
    layout: Layout
    splits: dict[str, tuple[int, int]]
    problems: list[Problem]


def check_dataset(
    dataset: Dataset, report: Callable[[int, int], None] | None = None, workers: int | None = None
) -> CheckReport:
    """Decodes every image and mask of a dataset; calls `report(done, total)` as it goes."""
    samples = list(list_samples(dataset))
    problems = [*stray_files(dataset, samples), *missing_masks(dataset, samples), *shared_stems(samples)]
    problems = [*map(with_known, problems), *known_wrong_labels(samples)]
    splits = {f.split: (0, 0) for f in dataset.splits}
    for sample in samples:
        images, masks = splits[sample.split]
        splits[sample.split] = (images + 1, masks + (sample.mask is not None))
    workers = 1 if len(samples) < 32 else workers
    for done, found in enumerate(map_unordered(check_sample, samples, workers, chunk=8), start=1):
        problems.extend(found)
        if report and (done % 10 == 0 or done == len(samples)):
            report(done, len(samples))
    return CheckReport(
        dataset.root, dataset.layout, splits, sorted(problems, key=lambda p: (os.fsencode(p.path), p.kind))
    )


def check_sample(sample: Sample) -> list[Problem]:
    """Decodes one image and its mask; returns what is wrong with them."""
    problems = []
    size = None
    try:
        size = read_image(sample.image).size
    except BadFileError as error:
        problems.append(_problem(error))
    if sample.mask is None:
        return problems
    try:
        mask = read_mask(sample.mask)
        height, width = mask.shape
        if size is not None and size != (width, height):
            problems.append(_problem(size_mismatch(sample.image, sample.mask, size, (width, height))))
        if doubt := doubt_of_values(_values(mask)):
            problems.append(Problem(sample.mask, *doubt))
    except BadFileError as error:
        problems.append(_problem(error))
    return problems


def _problem(error: BadFileError) -> Problem:
    return Problem(error.path, error.kind, error.detail)


def _values(mask: "NDArray[np.uint8]") -> list[int]:
    """The values that a mask's file holds."""
    from PIL import Image

    # Several times as fast as numpy's bincount, which makes int64 of every pixel.
    counts = Image.fromarray(mask).histogram()[: UNKNOWN + 1]
    return [RAW_UNKNOWN if value == UNKNOWN else value for value, count in enumerate(counts) if count]
