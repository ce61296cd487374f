"""Finding the dataset at or below a folder, wherever a zip or a person has put it.

The walk is short: it goes breadth first and in order of name, leaves out hidden folders, stops at folders of images,
and ends after so many folders.
"""

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from bddseg_tui.core.data.image_file import IMAGE_SUFFIXES
from bddseg_tui.core.data.layouts import Dataset, Folders, is_junk, mask_folders, recognise
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize_path

DEPTH = 6
"""Folders between the one that is opened and a layout."""
_MOST_FOLDERS = 500
_MANY_IMAGES = 200
"""A folder with so many images is one of images: what else is in it is not looked for."""
_MANY_ENTRIES = 5000
_MASK_FOLDERS = {"labels", "sem_seg", "masks", "colormaps", "color_labels", "drivable"}
"""Folders in which pictures are no images; what is in them is seen from the folder above."""
_TRIED = 50
_NAMED = 4


@dataclass
class _Seen:
    """What a walk has found: datasets, folders of masks by split without images beside them, and folders of images."""

    datasets: list[Dataset] = field(default_factory=list)
    masks: list[tuple[Path, dict[str, Path]]] = field(default_factory=list)
    plain: list[Path] = field(default_factory=list)


def find_dataset(root: Path) -> Dataset:
    """The dataset at or below this folder.

    A layout in the folder itself or in its `bdd100k` comes first, then the only one below, then the images of the
    folder itself, then the only folder of images below. Images and masks that lie apart come together; the root is then
    the deepest folder that holds both. What is found for the root of a dataset is that dataset.

    Raises:
        BddsegError: nothing is found, or several that are all as good; the line names the nearest.
        OSError: the folder cannot be read.
    """
    while (found := _find(root)).root != root:
        # Seen from its own root alone, so that opening that gives the same.
        root = found.root
    return found


def _find(root: Path) -> Dataset:
    first = recognise(root) or recognise(root / "bdd100k")
    if first is not None and first.complete:
        return first
    own_images, _ = _listed(root)
    seen = _walk(root)
    if first is not None:
        return _joined([first], seen.masks)
    if seen.datasets:
        found = _chosen(root, seen)
        if found.labelled or not own_images:
            return found
    if own_images:
        return Dataset(root, "plain", (Folders("all", root, None),))
    if len(seen.plain) == 1 and not seen.masks:
        return Dataset(seen.plain[0], "plain", (Folders("all", seen.plain[0], None),))
    raise _nothing(root, seen)


def _walk(root: Path) -> _Seen:
    seen, queue, known = _Seen(), deque([(root, 0)]), set[tuple[int, int]]()
    while queue and len(known) < _MOST_FOLDERS:
        folder, depth = queue.popleft()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in known:
                continue
            known.add((status.st_dev, status.st_ino))
            below = _look(folder, seen)
            if not _MASK_FOLDERS.isdisjoint(folder.relative_to(root).parts):
                below = []
            elif folder != root and _listed(folder)[0]:
                seen.plain.append(folder)
        except OSError:
            if folder == root:
                raise
            continue
        if depth < DEPTH:
            queue.extend((folder / name, depth + 1) for name in below)
    return seen


def _look(folder: Path, seen: _Seen) -> list[str]:
    """Notes what begins in this folder; returns the folders to go on to."""
    found = recognise(folder)
    if found is not None:
        seen.datasets.append(found)
    if found is not None and found.complete:
        return []
    masks = mask_folders(folder)
    if masks:
        seen.masks.append((folder, masks))
    taken = ({"images", "10k", "test"} if found else set()) | ({"labels", "sem_seg"} if masks else set())
    return [name for name in _listed(folder)[1] if name not in taken]


def _listed(folder: Path) -> tuple[bool, list[str]]:
    """Whether a folder has images of its own, and its folders in order of name: none if it has very many files."""
    images, below = 0, []
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            name = entry.name
            if images > _MANY_IMAGES or count > _MANY_ENTRIES:
                return images > 0, []
            if name.startswith(".") or is_junk(name):
                continue
            if entry.is_dir():
                below.append(name)
            elif name.lower().endswith(IMAGE_SUFFIXES) and entry.is_file():
                images += 1
    return images > 0, sorted(below)


def _chosen(root: Path, seen: _Seen) -> Dataset:
    """The one dataset that these are, or the only labelled one of them."""
    labelled = [d for d in seen.datasets if d.labelled]
    if not _conflicts(seen.datasets):
        return _joined(seen.datasets, seen.masks)
    if len(labelled) == 1:
        return labelled[0]
    candidates = labelled or seen.datasets
    raise BddsegError(f"{sanitize_path(root)} holds several datasets ({_names(root, candidates)}): name one of them")


def _conflicts(datasets: list[Dataset]) -> bool:
    splits = [f.split for d in datasets for f in d.splits]
    return len(set(splits)) < len(splits)


def _joined(datasets: list[Dataset], masks: list[tuple[Path, dict[str, Path]]]) -> Dataset:
    """Datasets of different splits as one, with the masks that lie elsewhere and fit the images' names."""
    used, splits = {d.root for d in datasets}, dict[str, Folders]()
    for folders in (f for d in datasets for f in d.splits):
        apart = [(base, m[folders.split]) for base, m in masks if folders.split in m and folders.masks is None]
        fitting = [(base, found) for base, found in apart if _belong(folders.images, found)]
        if len(fitting) > 1:
            names = ", ".join(sanitize_path(m) for _, m in fitting[:_NAMED])
            raise BddsegError(f"{sanitize_path(folders.images)} has masks in several places ({names}): keep one")
        used.update(base for base, _ in fitting)
        joined = fitting[0][1] if fitting else folders.masks
        splits[folders.split] = Folders(folders.split, folders.images, joined)
    in_order = tuple(splits[split] for split in ("train", "val", "test") if split in splits)
    return Dataset(Path(os.path.commonpath(used)), datasets[0].layout, in_order)


def _belong(images: Path, masks: Path) -> bool:
    """Whether any of the first masks of a folder has an image's name."""
    tried = 0
    with os.scandir(masks) as entries:
        for entry in entries:
            stem = entry.name.rpartition(".")[0]
            for name in (stem, stem.removesuffix("_train_id")):
                if name and any((images / f"{name}{suffix}").is_file() for suffix in IMAGE_SUFFIXES):
                    return True
            tried += 1
            if tried >= _TRIED:
                return False
    return False


def _nothing(root: Path, seen: _Seen) -> BddsegError:
    if around := next((p for p in list(root.parents)[:_NAMED] if _is_dataset(p)), None):
        near = f"it is a part of {sanitize_path(around)}: name that folder"
    elif seen.masks:
        where = ", ".join(sorted(os.path.relpath(m, root) for _, found in seen.masks for m in found.values())[:_NAMED])
        near = f"masks are in {sanitize_path(where)}, but no images for them: put images/10k/{{train,val,test}} beside"
    elif seen.plain:
        near = f"images are in {_names(root, seen.plain)}, in no layout that is known: name one of these folders"
    elif zips := sorted(p.name for p in root.glob("*.[zZ][iI][pP]"))[:_NAMED]:
        near = f"there are zips in it ({', '.join(map(sanitize_path, zips))}): `bddseg-tui data unpack` them"
    elif empty := next((p for p in ("images/10k", "bdd100k/images/10k", "images") if (root / p).is_dir()), None):
        near = f"there is {empty}, but no image in its train, val or test"
    else:
        near = "expected images/10k/{train,val,test} with labels/sem_seg/masks, or images/{train,val} with labels, or "
        near += "images of its own (zips: `bddseg-tui data unpack`)"
    return BddsegError(f"{sanitize_path(root)} holds no dataset: {near}")


def _is_dataset(folder: Path) -> bool:
    try:
        return recognise(folder) is not None
    except OSError:
        return False


def _names(root: Path, found: list[Dataset] | list[Path]) -> str:
    paths = [os.path.relpath(d.root if isinstance(d, Dataset) else d, root) for d in found]
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(map(sanitize_path, paths[:_NAMED])) + more
