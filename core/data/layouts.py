"""The layouts that datasets come in: what the BDD100K releases and the seed's notebook call their folders.

images/10k/SPLIT   labels/sem_seg/masks/SPLIT     official, since 2020
images/SPLIT       labels/SPLIT                   the release of 2018 (below `bdd100k/seg/`), and the seed
10k/SPLIT          sem_seg/masks/SPLIT            parts of the official one, as some zips have them
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bddseg_tui.core.data.image_file import IMAGE_SUFFIXES
from bddseg_tui.core.files.owned_folder import MARKER
from bddseg_tui.core.sanitize import sanitize_path

Layout = Literal["bdd100k", "seed", "plain"]
SPLIT_OF = {"train": "train", "val": "val", "valid": "val", "test": "test"}
"""The split that a folder's name means."""

_JUNK = {".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", ".spotlight-v100", ".trashes"}
_STARTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("images", "10k"), ("images", "10k")),
    (("labels", "sem_seg", "masks"), ("labels", "sem_seg", "masks")),
    (("sem_seg", "masks"), ("labels", "sem_seg", "masks")),
    (("10k",), ("images", "10k")),
    (("images",), ("images",)),
    (("labels",), ("labels",)),
)


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

    @property
    def labelled(self) -> bool:
        """Whether any split has masks."""
        return any(f.masks is not None for f in self.splits)

    @property
    def complete(self) -> bool:
        """Whether every split has masks, of which a test split needs none."""
        return self.labelled and all(f.masks is not None or f.split == "test" for f in self.splits)

    def described(self) -> str:
        """Where it is and what it has, in a line for a person."""
        has = ", ".join(f.split if f.masks else f"{f.split} (no masks)" for f in self.splits)
        return f"{sanitize_path(self.root)}: {has}"


@dataclass(frozen=True)
class LayoutPart:
    """Where a file lies within a layout.

    `around` are the folders above the layout, `target` is the folder of the layout itself, and `end` is how many parts
    of the path both take.
    """

    around: tuple[str, ...]
    target: tuple[str, ...]
    end: int


def layout_part(parts: tuple[str, ...]) -> LayoutPart | None:
    """Returns the layout's part of a file's path, or None where no folder of a layout is in it."""
    for at in range(len(parts) - 2):
        for start, target in _STARTS:
            end = at + len(start)
            if parts[at:end] == start and end < len(parts) - 1 and parts[end] in SPLIT_OF:
                return LayoutPart(parts[:at], (*target, parts[end]), end + 1)
    return None


def recognise(base: Path) -> Dataset | None:
    """The dataset whose layout begins in this very folder; a split without an image is none.

    Raises:
        OSError: a folder of it cannot be read.
    """
    return _official(base) or _seed(base)


def mask_folders(base: Path) -> dict[str, Path]:
    """By split, the folders of masks of a layout that begins in this very folder, whether or not it has images."""
    found: dict[str, Path] = {}
    for split, folder in _mask_folders(base):
        if split not in found and _holds_files(folder):
            found[split] = folder
    return found


def empty_mask_folders(dataset: Dataset) -> list[Path]:
    """Folders for the masks of splits that have none, though their images are there; a test split needs none."""
    wanting = {f.split for f in dataset.splits if f.masks is None and f.split != "test"}
    return [f for split, f in _mask_folders(dataset.root) if split in wanting and f.is_dir() and not _holds_files(f)]


def is_junk(name: str) -> bool:
    """Whether a file or folder is what a system leaves behind (`._x.jpg`, `.DS_Store`), or our own marker."""
    return name.lower() in _JUNK or name.startswith("._") or name == MARKER


def image_files(folder: Path) -> Iterator[str]:
    """Names of the images in a folder, in no order."""
    # Only regular files: opening a pipe or a device that is called x.jpg could block for ever.
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(IMAGE_SUFFIXES) and not entry.name.startswith(".") and entry.is_file():
                yield entry.name


def _mask_folders(base: Path) -> Iterator[tuple[str, Path]]:
    for above in (base / "labels" / "sem_seg" / "masks", base / "sem_seg" / "masks", base / "labels"):
        yield from ((split, above / name) for name, split in SPLIT_OF.items())


def _official(base: Path) -> Dataset | None:
    # `images` of an official dataset holds a `10k` too, but what is opened is the folder above.
    starts = [base / "images" / "10k", *([base / "10k"] if base.name != "images" else [])]
    for images in starts:
        for masks in (base / "labels" / "sem_seg" / "masks", base / "sem_seg" / "masks"):
            names = [(split, images / split, masks / split) for split in ("train", "val", "test")]
            if (found := _with_splits(base, "bdd100k", names)) is not None and found.labelled:
                return found
        if found is not None:
            return found
    return None


def _seed(base: Path) -> Dataset | None:
    names = [("train", "train"), ("val", "valid"), ("val", "val")]
    found = [(split, base / "images" / name, base / "labels" / name) for split, name in names]
    tests = [(base / "test", base / "labels" / "test"), (base / "images" / "test", base / "labels" / "test")]
    dataset = _with_splits(base, "seed", [*found, *(("test", *test) for test in tests)])
    return dataset if dataset and any(f.split != "test" for f in dataset.splits) else None


def _with_splits(base: Path, layout: Layout, candidates: Iterable[tuple[str, Path, Path]]) -> Dataset | None:
    splits: dict[str, Folders] = {}
    for split, images, masks in candidates:
        if split not in splits and _holds_images(images):
            splits[split] = Folders(split, images, masks if _holds_files(masks) else None)
    return Dataset(base, layout, tuple(splits.values())) if splits else None


def _holds_images(folder: Path) -> bool:
    return folder.is_dir() and next(image_files(folder), None) is not None


def _holds_files(folder: Path) -> bool:
    """Whether a folder holds a file of whatever kind: what is no mask in it is told by the check."""
    if not folder.is_dir():
        return False
    with os.scandir(folder) as entries:
        return any(not is_junk(e.name) and e.is_file() for e in entries)
