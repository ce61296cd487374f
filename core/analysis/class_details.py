"""What an evaluation counts of each class beside its pixels: objects by size, heights, boundaries, and what a small
image can hold. From this `core.quality.diagnosis` says why a class's IoU is what it is."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES, NUM_OFFICIAL, UNKNOWN
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize_path

Mask = NDArray[np.uint8]
SIZE_LIMITS = (0.0001, 0.001, 0.01)
"""Shares of the image from which on an object is small, medium and large; below the first it is tiny."""
SIZES = ("tiny", "small", "medium", "large")
BANDS = 10
"""Bands of equal height that an image is cut into, from its bottom up."""
THIN_PX = 2.0
"""An object that is thinner than this at the size that the model sees is as good as lost."""
NEAR = 0.02
"""Boundaries further apart than this share of the image's diagonal are not of the same object."""
_FILE = "class-details.json"
_LARGEST = 1 << 20


@dataclass(frozen=True)
class ClassDetails:
    """Sums over images, by class id 0..19. Pixels whose label is unknown are left out.

    Attributes:
        images: how many were counted.
        sizes: int64 [4, 20, 4]: objects, their pixels, those of them that were found, and wrong pixels of predicted
            objects, by size of the object (`SIZES`). An object is what touches, by corners too, and has one class.
        bands: int64 [3, 20, 10]: pixels found, actual and predicted, by height above the image's bottom.
        thin: int64 [2, 20]: objects, and their pixels, that are thinner than `THIN_PX` at the model's size. How thin
            one is: its pixels by the longer side of its box.
        reduced: int64 [3, 20]: of the label itself at the model's size and back (nearest pixels): pixels in both, in
            the label, in what came back. Their IoU is what no prediction at that size can pass by much.
        offset: float64 [2, 20]: sum of the signed distances between the boundaries of label and prediction, in pixels
            at the model's size, above 0 where the prediction is outside; and of how many boundary pixels.
    """

    images: int
    sizes: NDArray[np.int64]
    bands: NDArray[np.int64]
    thin: NDArray[np.int64]
    reduced: NDArray[np.int64]
    offset: NDArray[np.float64]

    def __add__(self, other: "ClassDetails") -> "ClassDetails":
        return ClassDetails(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


_SHAPES: dict[str, tuple[int, ...]] = {
    "sizes": (4, NUM_CLASSES, len(SIZES)),
    "bands": (3, NUM_CLASSES, BANDS),
    "thin": (2, NUM_CLASSES),
    "reduced": (3, NUM_CLASSES),
    "offset": (2, NUM_CLASSES),
}


def no_details() -> ClassDetails:
    """The sums of no image."""
    zeros: dict[str, NDArray[Any]] = {
        name: np.zeros(shape, np.float64 if name == "offset" else np.int64) for name, shape in _SHAPES.items()
    }
    return ClassDetails(0, **zeros)


def details_of(actual: Mask, predicted: Mask, model_size: tuple[int, int]) -> ClassDetails:
    """Counts one image: class ids uint8 [H, W], and the size (height, width) at which the model sees it."""
    import cv2

    # Images are counted in several threads: each has one, so that they do not wait for each other.
    cv2.setNumThreads(1)
    known = actual != UNKNOWN
    found = no_details()
    _count_bands(found.bands, actual, predicted, known)
    _count_reduced(found.reduced, actual, model_size)
    scale = min(1.0, model_size[0] / actual.shape[0])
    near = max(2.0, NEAR * float(np.hypot(*actual.shape)))
    for class_id in np.flatnonzero(found.bands[1].sum(axis=1) + found.bands[2].sum(axis=1)):
        truth, said = (actual == class_id).astype(np.uint8), (predicted == class_id).astype(np.uint8)
        box = _box(truth | said, int(near) + 2)
        truth, said, there = truth[box], said[box], known[box]
        _count_objects(found, int(class_id), truth, said, there, actual.size, scale)
        if truth.any() and said.any():
            found.offset[:, class_id] += _signed_offset(truth, said, there, near) * (scale, 1.0)
    return ClassDetails(1, found.sizes, found.bands, found.thin, found.reduced, found.offset)


def _count_bands(bands: NDArray[np.int64], actual: Mask, predicted: Mask, known: NDArray[np.bool_]) -> None:
    height = actual.shape[0]
    band = ((height - 1 - np.arange(height)) * BANDS // height * NUM_CLASSES).astype(np.int16)[:, None]
    for row, ids, chosen in (
        (0, actual, known & (actual == predicted)),
        (1, actual, known),
        (2, predicted, known),
    ):
        counts = np.bincount((ids + band)[chosen], minlength=BANDS * NUM_CLASSES)
        bands[row] = counts.reshape(BANDS, NUM_CLASSES).T
    bands[:, NUM_OFFICIAL:] = 0


def _count_reduced(reduced: NDArray[np.int64], actual: Mask, model_size: tuple[int, int]) -> None:
    import cv2

    (height, width), (rows, columns) = actual.shape, model_size
    small = cv2.resize(actual, (columns, rows), interpolation=cv2.INTER_NEAREST_EXACT)
    back = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    known = actual != UNKNOWN
    for row, ids in enumerate((actual[known & (actual == back)], actual[known], back[known])):
        reduced[row] = np.bincount(ids, minlength=NUM_CLASSES)


def _box(mask: Mask, margin: int) -> tuple[slice, slice]:
    """The rows and columns of the pixels that are not 0, with a margin."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return tuple(slice(max(0, int(p[0]) - margin), int(p[-1]) + 1 + margin) for p in (rows, columns))  # type: ignore[return-value]


def _count_objects(
    found: ClassDetails, class_id: int, truth: Mask, said: Mask, known: NDArray[np.bool_], pixels: int, scale: float
) -> None:
    import cv2

    limits = np.asarray(SIZE_LIMITS) * pixels
    sizes = found.sizes[:, class_id]
    if truth.any():
        number, labels, stats, _ = cv2.connectedComponentsWithStats(truth, connectivity=8, ltype=cv2.CV_32S)
        area = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
        hits = np.bincount(labels[(truth & said) > 0], minlength=number)[1:]
        size = np.searchsorted(limits, area, side="right")
        np.add.at(sizes[0], size, 1)
        np.add.at(sizes[1], size, area)
        np.add.at(sizes[2], size, hits)
        longer = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        thin = area / longer * scale < THIN_PX
        found.thin[:, class_id] += (int(thin.sum()), int(area[thin].sum()))
    if said.any():
        number, labels, stats, _ = cv2.connectedComponentsWithStats(said, connectivity=8, ltype=cv2.CV_32S)
        wrong = np.bincount(labels[(said > 0) & (truth == 0) & known], minlength=number)[1:]
        np.add.at(sizes[3], np.searchsorted(limits, stats[1:, cv2.CC_STAT_AREA], side="right"), wrong)


def _signed_offset(truth: Mask, said: Mask, known: NDArray[np.bool_], near: float) -> NDArray[np.float64]:
    """(sum of signed distances, boundary pixels), float64 [2], of one class; uint8 0 or 1 each.

    Measured from the prediction's boundary to the label and back, so that an object which is merely moved comes to 0
    however thin it is. The boundary of something is its pixels that have another beside them; the image's edge is none.
    """
    total = np.zeros(2)
    unknown = (~known).astype(np.uint8)
    for one, other, sign in ((said, truth, 1.0), (truth, said, -1.0)):
        distance = _signed_distance(other, unknown)[_boundary(one, unknown) & known]
        distance = distance[np.abs(distance) <= near]
        total += (sign * float(distance.sum()), distance.size)
    return total


def _boundary(mask: Mask, unknown: Mask) -> NDArray[np.bool_]:
    """Pixels of a mask that have another beside them which is not unknown: what ends there is not known to end."""
    import cv2

    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    # By default what lies outside of the image erodes nothing.
    return np.asarray(mask.astype(bool) & (cv2.erode(mask | unknown, cross) == 0))


def _signed_distance(mask: Mask, unknown: Mask) -> NDArray[np.float32]:
    """How far each pixel is outside of a mask: 0 on its boundary, below 0 within; float32 [H, W]."""
    import cv2

    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_5)
    inside = cv2.distanceTransform(mask | unknown, cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(np.where(mask > 0, 1 - inside, outside), np.float32)


def write_details(folder: Path, found: ClassDetails) -> None:
    """Writes them into an evaluation's folder.

    Raises:
        OSError: the disk is full.
    """
    raw: dict[str, Any] = {"images": found.images, "size_limits": SIZE_LIMITS}
    write_text(folder / _FILE, json.dumps(raw | {name: getattr(found, name).tolist() for name in _SHAPES}))


def load_details(folder: Path) -> ClassDetails | None:
    """Those in an evaluation's folder; None where there are none, as in evaluations of earlier versions.

    Raises:
        BddsegError: they are damaged.
    """
    path = folder / _FILE
    try:
        raw = decode(read_regular(path, _LARGEST))
        if not isinstance(raw, dict) or type(images := raw.get("images")) is not int or images < 0:
            raise RecordError("it should say of how many images it is")
        return ClassDetails(images, **{name: _array(raw.get(name), name) for name in _SHAPES})
    except FileNotFoundError:
        return None
    except (OSError, RecordError) as error:
        why = disk_reason(error) if isinstance(error, OSError) else error
        raise BddsegError(f"{sanitize_path(path)} is damaged ({why}): evaluate again") from error


def _array(raw: Any, name: str) -> NDArray[Any]:
    kind = np.float64 if name == "offset" else np.int64
    try:
        found = np.asarray(raw)
        if found.dtype.kind not in "if" or (kind is np.int64 and found.dtype.kind != "i"):
            raise RecordError(f"{name} should be numbers")
        found = found.astype(kind)
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordError(f"{name} should be numbers") from error
    if found.shape != _SHAPES[name] or not np.isfinite(found).all() or (name != "offset" and (found < 0).any()):
        raise RecordError(f"{name} does not fit the classes")
    return found
