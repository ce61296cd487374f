"""Predictions of a few validation images after each epoch, as they lie in a run's folder.

samples/samples.json              which images these are, in the order of their numbers: paths in the dataset, and how
                                  many pixels of each class they have
samples/epoch-0003/1.png          what was predicted for image 1: train ids at the training size, 255 for unknown,
                                  with the classes' colours
samples/epoch-0003/epoch.json     of the epoch: its step and mIoU, and how many pixels of each image are right
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.records import Count, FileName, Fraction, read_record
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize

FOLDER, IMAGES, EPOCH = "samples", "samples.json", "epoch.json"
MOST_EPOCHS = 32
"""Epochs that a run keeps; of a longer one every second, every fourth, and so on."""
_LARGEST = 1 << 20
_NAME = re.compile(r"epoch-(\d{4,9})")


@dataclass(frozen=True)
class SampleImage:
    """One of the images.

    Attributes:
        number: from 1; the files of its predictions are called by it.
        image, mask: where they are.
        shares: percentage (0..100) of the mask's pixels by class, of all 20.
    """

    number: int
    image: Path
    mask: Path
    shares: tuple[float, ...]

    @property
    def name(self) -> str:
        """The image's stem as printable text."""
        return sanitize(self.image.stem)


@dataclass(frozen=True)
class SampleEpoch:
    """An epoch whose predictions are kept.

    Attributes:
        folder: where they are.
        miou19: the epoch's, over all validation images (0..1).
        accuracy: by an image's number, the share of its known pixels that are right (0..1).
    """

    folder: Path
    epoch: int
    step: int
    miou19: float | None
    accuracy: dict[int, float | None]

    def prediction(self, number: int) -> Path:
        """What was predicted for the image of this number; the file may be gone by now."""
        return self.folder / f"{number}.png"


@dataclass(frozen=True)
class Samples:
    """What a run keeps: its images, and the epochs in order."""

    images: tuple[SampleImage, ...] = ()
    epochs: tuple[SampleEpoch, ...] = ()


class ImageRecord(TypedDict):
    """An item of `samples.json`: an image and its mask as paths in the dataset, and the mask's pixels by class."""

    image: FileName
    mask: FileName
    pixels: Annotated[list[Count], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)]


class EpochRecord(TypedDict):
    """`epoch.json`."""

    step: Count
    miou19: Fraction | None
    accuracy: dict[str, Fraction | None]


_IMAGES: TypeAdapter[list[ImageRecord]] = TypeAdapter(list[ImageRecord])
_EPOCH = TypeAdapter(EpochRecord)


def read_samples(run: Run) -> Samples:
    """What a run keeps by now; an epoch whose record makes no sense is left out.

    Raises:
        BddsegError: the run's configuration is damaged.
    """
    folder = run.folder / FOLDER
    records = image_records(folder)
    if not records:
        return Samples()
    root = run.dataset
    found = tuple(_image(root, number, record) for number, record in enumerate(records, start=1))
    epochs = (_read_epoch(path, epoch) for epoch, path in epoch_folders(folder))
    return Samples(found, tuple(e for e in epochs if e is not None))


def _image(root: Path, number: int, record: ImageRecord) -> SampleImage:
    whole = max(1, sum(record["pixels"]))
    shares = tuple(100 * count / whole for count in record["pixels"])
    return SampleImage(number, root / record["image"], root / record["mask"], shares)


def image_records(folder: Path) -> list[ImageRecord]:
    """The images that the folder `samples` of a run is about; none where its record is missing or makes no sense."""
    try:
        return read_record(_IMAGES, folder / IMAGES, _LARGEST)
    except (FileNotFoundError, RecordError):
        return []


def epoch_folders(folder: Path) -> list[tuple[int, Path]]:
    """(epoch, folder) of each epoch that is kept in the folder `samples` of a run, in order."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    found = ((_NAME.fullmatch(e.name), e) for e in entries if e.is_dir(follow_symlinks=False))
    return sorted((int(match[1]), Path(e.path)) for match, e in found if match)


def epoch_name(epoch: int) -> str:
    """The name of an epoch's folder."""
    return f"epoch-{epoch:04d}"


def superfluous(epochs: Iterable[int], best: int | None) -> list[int]:
    """Which epochs are to be deleted so that MOST_EPOCHS stay, spread evenly; the best and the last stay too."""
    there = sorted(set(epochs))
    last = there[-1] if there else 0
    every = 1
    while -(-last // every) > MOST_EPOCHS:
        every *= 2
    return [e for e in there if (e - 1) % every and e not in (best, last)]


def record_of(epoch: SampleEpoch) -> dict[str, Any]:
    """What `epoch.json` says of an epoch."""
    accuracy = {str(number): share for number, share in epoch.accuracy.items()}
    return {"step": epoch.step, "miou19": epoch.miou19, "accuracy": accuracy}


def _read_epoch(folder: Path, epoch: int) -> SampleEpoch | None:
    try:
        record = read_record(_EPOCH, folder / EPOCH, _LARGEST)
    except (FileNotFoundError, RecordError):
        return None
    accuracy = {int(number): share for number, share in record["accuracy"].items() if number.isdecimal()}
    return SampleEpoch(folder, epoch, record["step"], record["miou19"], accuracy)
