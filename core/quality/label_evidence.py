"""What models say of the masks of one fold, kept on disk: rankings are made of it, and made anew without training."""

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_bytes
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.quality.label_areas import EVIDENCE, Grid, areas_of, soft_minimum
from bddseg_tui.core.sanitize import sanitize_path

EVIDENCE_FILE = "evidence.npz"
_UNREADABLE = (KeyError, ValueError, TypeError, zipfile.BadZipFile, EOFError)


@dataclass(frozen=True)
class FoldEvidence:
    """What a model says of n masks.

    Attributes:
        images: paths relative to the dataset.
        soft: float32 [n], `soft_minimum` of each.
        areas: rows of EVIDENCE, whose `image` is a place in `images`.
        given, predicted: class ids uint8 [n, h, w] on the model's grid.
        sure: float64 [20], the probabilities of the given class added up over the cells of each class.
    """

    images: tuple[bytes, ...]
    soft: NDArray[np.float32]
    areas: NDArray[np.void]
    given: NDArray[np.uint8]
    predicted: NDArray[np.uint8]
    sure: NDArray[np.float64]

    @property
    def grid(self) -> Grid:
        """The grid of the model."""
        return Grid(*self.given.shape[1:])


class EvidenceBuilder:
    """Takes what a model says image by image; of the probabilities it keeps nothing but means."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._images: list[bytes] = []
        self._soft: list[float] = []
        self._areas: list[NDArray[np.void]] = []
        self._given: list[NDArray[np.uint8]] = []
        self._predicted: list[NDArray[np.uint8]] = []
        self._sure = np.zeros(NUM_CLASSES)

    def add(
        self,
        image: bytes,
        given: NDArray[np.uint8],
        probabilities: NDArray[np.floating],
        prior: NDArray[np.float32],
    ) -> None:
        """Takes an image, as `areas_of` does."""
        own = np.take_along_axis(probabilities, given[None].astype(np.intp), axis=0)[0]
        self._sure += np.bincount(given.ravel(), own.ravel(), NUM_CLASSES)
        self._areas.append(areas_of(len(self._images), given, probabilities, prior))
        self._soft.append(soft_minimum(given, probabilities))
        self._images.append(image)
        self._given.append(given)
        self._predicted.append(probabilities.argmax(axis=0).astype(np.uint8))

    def evidence(self) -> FoldEvidence:
        """All that was taken."""
        empty = np.zeros((0, self._grid.height, self._grid.width), np.uint8)
        return FoldEvidence(
            tuple(self._images),
            np.array(self._soft, np.float32),
            np.concatenate([np.zeros(0, EVIDENCE), *self._areas]),
            np.concatenate([empty, *(g[None] for g in self._given)]),
            np.concatenate([empty, *(p[None] for p in self._predicted)]),
            self._sure,
        )


def write_evidence(folder: Path, found: FoldEvidence) -> None:
    """Keeps it in a fold's folder, whole or not at all.

    Raises:
        BddsegError: the disk is full.
    """
    sink, path = io.BytesIO(), folder / EVIDENCE_FILE
    names = np.frombuffer(b"\0".join(found.images), np.uint8)
    np.savez_compressed(
        sink,
        images=names,
        soft=found.soft,
        areas=found.areas,
        given=found.given,
        predicted=found.predicted,
        sure=found.sure,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, sink.getvalue())
    except OSError as error:
        raise disk_error(error, path) from error


def read_evidence(folder: Path) -> FoldEvidence:
    """What `write_evidence` kept.

    Raises:
        BddsegError: it cannot be read, or is damaged.
    """
    path = folder / EVIDENCE_FILE
    try:
        with np.load(path, allow_pickle=False) as file:
            names = file["images"].tobytes()
            found = FoldEvidence(
                tuple(names.split(b"\0")) if names else (),
                file["soft"],
                file["areas"],
                file["given"],
                file["predicted"],
                file["sure"],
            )
        number = len(found.images)
        if found.areas.dtype != EVIDENCE or not number == len(found.soft) == len(found.given) == len(found.predicted):
            raise ValueError("its parts do not fit")
    except _UNREADABLE as error:
        raise BddsegError(f"{sanitize_path(os.fspath(path))} is damaged: search label errors anew") from error
    except OSError as error:
        raise disk_error(error, path, "read") from error
    return found
