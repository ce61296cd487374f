"""What the names in a dataset's folders tell: files that belong to nothing, and images that share a name."""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.data.dataset import MASK_ENDINGS, Dataset, Sample
from bddseg_tui.core.data.image_file import IMAGE_SUFFIXES
from bddseg_tui.core.data.layouts import empty_mask_folders, is_junk
from bddseg_tui.core.sanitize import sanitize


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `kind` is BadFileError's, or one of missing-mask, same-stem, stray-file, known-label and
    those of `doubt_of_values`."""

    path: Path
    kind: str
    detail: str


def shared_stems(samples: list[Sample]) -> Iterator[Problem]:
    """Images that have the stem of another one of their split, or would have it where case does not count."""
    first: dict[tuple[str, str], Sample] = {}
    for sample in samples:
        if sample.own_name is None:
            other = first.setdefault((sample.split, sample.image.stem.casefold()), sample)
            if other is not sample:
                name = sanitize(other.image.name)
                detail = f"differs from {name} by upper and lower case alone: elsewhere they are one file; rename one"
                yield Problem(sample.image, "same-stem", detail)
    for sample in samples:
        if sample.own_name is not None:
            owner = first[sample.split, sample.image.stem.casefold()].image.name
            detail = f"has the stem of {sanitize(owner)}, whose mask it cannot have too: rename or remove one of them"
            yield Problem(sample.image, "same-stem", detail)


def missing_masks(dataset: Dataset, samples: list[Sample]) -> Iterator[Problem]:
    """Images without a mask in a split that has masks, and folders of masks that have none."""
    labelled = {f.split for f in dataset.splits if f.masks is not None}
    for folder in empty_mask_folders(dataset):
        yield Problem(folder, "missing-mask", "is empty: unpack the masks into it, or take it out")
    for sample in samples:
        if sample.mask is None and sample.own_name is None and sample.split in labelled:
            detail = "has no mask: add it, or move the image to the test split"
            yield Problem(sample.image, "missing-mask", detail)


def stray_files(dataset: Dataset, samples: list[Sample]) -> Iterator[Problem]:
    """What lies in the folders of images and masks and is neither."""
    used = {p for s in samples for p in (s.image, s.mask) if p is not None}
    stems: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for sample in samples:
        for ending in MASK_ENDINGS:
            stems[sample.split][sample.image.stem + ending] = sample.image.name
    for folders in dataset.splits:
        by_case = {stem.casefold(): image for stem, image in stems[folders.split].items()}
        for folder in (folders.images, folders.masks):
            if folder is None:
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    path = folder / entry.name
                    if path in used or is_junk(entry.name) or (dataset.layout == "plain" and entry.is_dir()):
                        continue
                    why = _why_stray(entry, folder == folders.masks, stems[folders.split], by_case)
                    yield Problem(path, "stray-file", why)


def _why_stray(entry: "os.DirEntry[str]", among_masks: bool, stems: dict[str, str], by_case: dict[str, str]) -> str:
    if not entry.is_file():
        return "is not a regular file: take it out"
    stem, name = Path(entry.name).stem, entry.name.lower()
    if not among_masks or not name.endswith((*IMAGE_SUFFIXES, ".tif", ".tiff", ".gif")):
        return "is neither an image nor a mask of this dataset: take it out"
    if not name.endswith(".png"):
        return "is no PNG, and masks are: export it as PNG from where it was drawn (a JPEG changes class ids)"
    if stem in stems:
        return "is a second mask of the same image: keep one of them"
    if stem.casefold() in by_case:
        image = sanitize(by_case[stem.casefold()])
        return f"is a mask without an image: {image} differs from it by upper and lower case; rename one of them"
    if stem.lower().endswith(IMAGE_SUFFIXES):
        return f"is a mask without an image: is it that of {sanitize(stem)}? Call it {sanitize(Path(stem).stem)}.png"
    return "is a mask without an image: add the image or take the mask out"
