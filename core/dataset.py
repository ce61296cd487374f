"""Datasets that open as they are: which files belong together, in which split. Reads only file names."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.errors import BddsegError
from core.imagefile import IMAGE_SUFFIXES
from core.sanitize import sanitize_path

Layout = Literal["bdd100k", "seed", "plain"]
SPLITS = ("train", "val", "test", "all")
"""Every split name there is; a plain folder has the one split `all`."""

MASK_ENDINGS = ("", "_train_id")
"""What may stand between a stem and `.png`: the 2018 release named its masks `NAME_train_id.png`."""


@dataclass(frozen=True)
class Folders:
    """Where one split keeps its images and, if it has any, its masks."""

    split: str
    images: Path
    masks: Path | None


@dataclass(frozen=True)
class Dataset:
    """A dataset's root, the layout it was found in, and the folders of its splits."""

    root: Path
    layout: Layout
    splits: tuple[Folders, ...]


@dataclass(frozen=True)
class Sample:
    """One image and, where it is labelled, its mask."""

    split: str
    image: Path
    mask: Path | None

    @property
    def name(self) -> str:
        """The image's file name without its suffix; it may hold anything that a file name may."""
        return self.image.stem


def open_dataset(root: Path) -> Dataset:
    """Recognises the layout of a folder: BDD100K 10K, the seed's, or a plain folder of images.

    Raises:
        BddsegError: there is no such folder, it cannot be read, or no images are in it.
    """
    root = Path(os.path.abspath(root.expanduser()))  # noqa: PTH100 (a linked dataset keeps the name it was given)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise BddsegError(f"{sanitize_path(root)} {what}: name a dataset's folder, or make one with `bddseg-tui demo`")
    try:
        for base in (root, root / "bdd100k"):
            if found := _official(base) or _seed(base):
                return found
        if any(_image_files(root)):
            return Dataset(root, "plain", (Folders("all", root, None),))
    except OSError as error:
        raise BddsegError(f"{sanitize_path(root)} cannot be read ({error.strerror}): check its permissions") from error
    raise BddsegError(
        f"{sanitize_path(root)} holds no dataset: expected images/10k/{{train,val,test}} with labels/sem_seg/masks, "
        "or images/{train,valid} with labels, or images of its own (zips: `bddseg-tui data unpack`)"
    )


def list_samples(dataset: Dataset) -> Iterator[Sample]:
    """Every sample, by split and in order of name."""
    for folders in dataset.splits:
        masks = _mask_names(folders.masks) if folders.masks else {}
        for image in sorted(_image_files(folders.images)):
            stem = Path(image).stem
            mask = next((masks[stem + e] for e in MASK_ENDINGS if stem + e in masks), None)
            yield Sample(
                folders.split, folders.images / image, folders.masks / mask if folders.masks and mask else None
            )


def _official(base: Path) -> Dataset | None:
    images = base / "images" / "10k"
    masks = base / "labels" / "sem_seg" / "masks"
    return _with_splits(base, "bdd100k", [(s, images / s, masks / s) for s in ("train", "val", "test")])


def _seed(base: Path) -> Dataset | None:
    names = [("train", "train"), ("val", "valid"), ("val", "val")]
    found = [(split, base / "images" / name, base / "labels" / name) for split, name in names]
    found += [
        ("test", base / "test", base / "labels" / "test"),
        ("test", base / "images" / "test", base / "labels" / "test"),
    ]
    labelled = [entry for entry in found if entry[1].is_dir()]
    if not any(split != "test" for split, _, _ in labelled):
        return None
    return _with_splits(base, "seed", labelled)


def _with_splits(base: Path, layout: Layout, candidates: list[tuple[str, Path, Path]]) -> Dataset | None:
    splits: dict[str, Folders] = {}
    for split, images, masks in candidates:
        if images.is_dir() and split not in splits:
            splits[split] = Folders(split, images, masks if masks.is_dir() else None)
    return Dataset(base, layout, tuple(splits.values())) if splits else None


def _image_files(folder: Path) -> Iterator[str]:
    # Only regular files: opening a pipe or a device that is called x.jpg could block for ever.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(IMAGE_SUFFIXES) and not entry.name.startswith(".") and entry.is_file():
                yield entry.name


def _mask_names(folder: Path) -> dict[str, str]:
    with os.scandir(folder) as entries:
        return {
            entry.name[:-4]: entry.name
            for entry in entries
            if entry.name.lower().endswith(".png") and not entry.name.startswith(".") and entry.is_file()
        }
