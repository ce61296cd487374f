"""What single pixels are, and where areas lie: of a class, or of what was predicted wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import UNKNOWN
from bddseg_tui.core.data.image_file import BadFileError, read_mask
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.data.recent_files import recent_mask_values
from bddseg_tui.core.data.viewport import Box, Pixel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MOST_AREAS = 200
"""Areas that are told, the largest: a bad prediction is wrong in thousands."""


@dataclass(frozen=True)
class PixelClasses:
    """Class ids (0..19) of one pixel; None where there is no mask or prediction, or it cannot be read."""

    actual: int | None
    predicted: int | None


def pixel_classes(request: PictureRequest, pixel: Pixel, image: tuple[int, int]) -> PixelClasses:
    """What an image of (width, height) has at a pixel (x, y), in its mask and its prediction; blocks."""
    return PixelClasses(_class_at(request.mask, pixel, image), _class_at(request.prediction, pixel, image))


def _class_at(path: Path | None, pixel: Pixel, image: tuple[int, int]) -> int | None:
    if path is None:
        return None
    try:
        values = recent_mask_values(path)
    except BadFileError:
        return None
    x, y = pixel[0] * values.width // image[0], pixel[1] * values.height // image[1]
    value = int(values.crop((x, y, x + 1, y + 1)).tobytes()[0])
    return value if value < UNKNOWN else UNKNOWN


@dataclass(frozen=True)
class Area:
    """Pixels that touch each other, diagonally too.

    Attributes:
        box: around them, in pixels of the image.
        pixel: one of them, near their middle.
        count: how many they are.
    """

    box: Box
    pixel: Pixel
    count: int


def areas(request: PictureRequest, image: tuple[int, int]) -> tuple[Area, ...]:
    """The areas that a view of an image of (width, height) is about, the largest first; blocks.

    Of the highlighted class in the mask, or in the prediction where that is shown; where errors are shown, those of
    the class, or all of them. Without mask or prediction there are none.

    Raises:
        BadFileError: a file cannot be read.
    """
    where = _wanted(request)
    return () if where is None else tuple(_areas(where, image))


def _wanted(request: PictureRequest) -> "NDArray[np.bool_] | None":
    """Where (H, W) it is what the view is about; None where that cannot be said."""
    chosen, errors = request.highlight, request.view in ("error", "outcome")
    if errors and request.mask is not None and request.prediction is not None:
        actual, predicted = read_mask(request.mask, strict=False), read_mask(request.prediction, strict=False)
        if actual.shape != predicted.shape:
            return None
        wrong: NDArray[np.bool_] = (actual != predicted) & (actual != UNKNOWN)
        return wrong if chosen is None else wrong & ((actual == chosen) | (predicted == chosen))
    path = request.prediction if request.view == "prediction" else request.mask
    if path is None or chosen is None or errors:
        return None
    found: NDArray[np.bool_] = read_mask(path, strict=False) == chosen
    return found


def _areas(where: "NDArray[np.bool_]", image: tuple[int, int]) -> list[Area]:
    """Runs of each row (few, unlike pixels), joined where one touches one of the row above."""
    import numpy as np

    padded = np.pad(where, ((0, 0), (1, 1))).astype(np.int8)
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    parent = _joined(rows, starts, ends)
    group = np.unique(parent, return_inverse=True)[1]
    lengths = ends - starts
    counts = np.bincount(group, lengths)
    across, down = image[0] / where.shape[1], image[1] / where.shape[0]
    found = []
    for number in np.argsort(-counts, kind="stable")[:MOST_AREAS]:
        mine = np.flatnonzero(group == number)
        left, right = int(starts[mine].min()), int(ends[mine].max())
        top, bottom = int(rows[mine[0]]), int(rows[mine[-1]]) + 1
        # The longest run of the row in the middle: the middle of the box may be of something else.
        near = mine[np.argmin(np.abs(rows[mine] - (top + bottom - 1) / 2) * 10_000 - lengths[mine])]
        pixel = int((starts[near] + ends[near]) // 2 * across), int(rows[near] * down)
        box = int(left * across), int(top * down), round((right - left) * across), round((bottom - top) * down)
        found.append(Area(box, pixel, int(counts[number])))
    return found


def _joined(rows: "NDArray[np.int64]", starts: "NDArray[np.int64]", ends: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """For each run the number of the first run of its area."""
    import numpy as np

    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    row, start, end = rows.tolist(), starts.tolist(), ends.tolist()
    above = 0
    for run in range(len(row)):
        # Runs above that end before this one begins touch no later one either.
        while row[above] < row[run] - 1 or (row[above] == row[run] - 1 and end[above] < start[run]):
            above += 1
        other = above
        while row[other] == row[run] - 1 and start[other] <= end[run]:
            a, b = root(other), root(run)
            parent[max(a, b)] = min(a, b)
            other += 1
    return np.array([root(run) for run in range(len(parent))], np.int64)
