"""Datasets that open as they are: which files belong together, in which split. Reads only file names."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.data.dataset_search import find_dataset
from bddseg_tui.core.data.image_file import IMAGE_SUFFIXES
from bddseg_tui.core.data.layouts import Dataset, Folders, Layout, image_files
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path

__all__ = ["MASK_ENDINGS", "SPLITS", "Dataset", "Folders", "Layout", "Sample", "list_samples", "open_dataset"]

SPLITS = ("train", "val", "test", "all")
"""Every split name there is; a plain folder has the one split `all`."""

MASK_ENDINGS = ("", "_train_id")
"""What may stand between a stem and `.png`: the 2018 release named its masks `NAME_train_id.png`."""


@dataclass(frozen=True)
class Sample:
    """One image and, where it is labelled, its mask.

    `own_name` is set where another image of the split has the same stem and comes first (see `sample_names`).
    """

    split: str
    image: Path
    mask: Path | None
    own_name: str | None = None

    @property
    def name(self) -> str:
        """What it is called, and what is made of it: the image's stem, or its whole file name.

        No two images of a split have the same; it may hold anything that a file name may.
        """
        return self.own_name if self.own_name is not None else self.image.stem


def open_dataset(root: Path) -> Dataset:
    """Recognises a dataset at or below a folder: BDD100K 10K, the release of 2018, the seed's, or images of its own.

    Its `root` may lie below the folder that was named; opened again, it gives the same dataset.

    Raises:
        BddsegError: there is no such folder, it cannot be read, or no dataset or several are in it.
    """
    root = Path(os.path.abspath(typed_path(root)))  # noqa: PTH100 (a linked dataset keeps the name it was given)
    try:
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            advice = "name a dataset's folder, or make one with `bddseg-tui demo`"
            raise BddsegError(f"{sanitize_path(root)} {what}: {advice}")
        return find_dataset(root)
    except OSError as error:
        raise disk_error(error, error.filename or root, "read") from error


def list_samples(dataset: Dataset) -> Iterator[Sample]:
    """Every sample, by split and in order of file name. No mask belongs to two of them."""
    for folders in dataset.splits:
        masks = mask_names(folders.masks) if folders.masks else {}
        images = sorted(image_files(folders.images))
        names = sample_names(images)
        stems = {_stem(image) for image in images}
        for image in images:
            name, stem = names.get(image), _stem(image)
            mask = _mask_of(stem, masks, stems) if name is None else None
            path = folders.masks / mask if folders.masks and mask else None
            yield Sample(folders.split, folders.images / image, path, name)


def sample_names(images: Sequence[str]) -> dict[str, str]:
    """Names for those of a folder's images that cannot be called by their stem, as another has the same.

    Of `x.jpg` and `x.png` the one whose suffix comes first in IMAGE_SUFFIXES is `x`: it owns the mask `x.png`, and what
    is made of it is called so. Any other is called by its whole file name and has no mask. So a prediction of each has
    a name of its own, and no mask is counted twice.
    """
    by_stem: defaultdict[str, list[str]] = defaultdict(list)
    for image in images:
        by_stem[_stem(image)].append(image)
    if len(by_stem) == len(images):
        return {}
    names: dict[str, str] = {}
    taken = set(by_stem)
    for some in by_stem.values():
        for image in sorted(some, key=_precedence)[1:]:
            name = image
            while name in taken:
                name += "~"
            taken.add(name)
            names[image] = name
    return names


def mask_names(folder: Path) -> dict[str, str]:
    """The PNG files of a folder by what stands before `.png`; of `x.PNG` and `x.png` the latter."""
    with os.scandir(folder) as entries:
        files = sorted(e.name for e in entries if _is_png(e.name) and e.is_file())
    return {name[:-4]: name for name in files}


def _is_png(name: str) -> bool:
    return name.lower().endswith(".png") and not name.startswith(".")


def _mask_of(stem: str, masks: dict[str, str], stems: set[str]) -> str | None:
    # `x_train_id.png` is the mask of an image `x_train_id.jpg`, if there is one, rather than that of `x.jpg`.
    found = (stem + e for e in MASK_ENDINGS if stem + e in masks and (not e or stem + e not in stems))
    return next((masks[name] for name in found), None)


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _precedence(name: str) -> tuple[int, str]:
    lower = name.lower()
    return next(n for n, suffix in enumerate(IMAGE_SUFFIXES) if lower.endswith(suffix)), name
