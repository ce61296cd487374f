"""Where the classes of a mask are in the frame, and how large their objects: small enough to be kept of each image."""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.errors import RecordError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GRID = (18, 32)
"""Rows and columns that a frame is divided into."""
SIZES = 20
"""Sizes of objects: bin k holds those of less than 2^-k of the image, but not of less than 2^-(k+1)."""
_WIDEST = 640
"""Pixels across at which objects are counted: smaller ones than 1 in 230,000 of the image are lost."""


@dataclass(frozen=True)
class Places:
    """Of one mask.

    Attributes:
        grid: by class, the share of each part of the frame that it covers, uint8 [20, 18, 32], 255 for all.
        objects: by class, how many areas of each size it has, uint16 [20, 20].
    """

    grid: "NDArray[np.uint8]"
    objects: "NDArray[np.uint16]"

    def packed(self) -> tuple[bytes, bytes]:
        """Both in few bytes, as the catalog keeps them."""
        return zlib.compress(self.grid.tobytes(), 6), zlib.compress(self.objects.astype("<u2").tobytes(), 6)


def unpacked(grid: bytes, objects: bytes) -> Places:
    """What `packed` made bytes of.

    Raises:
        RecordError: it is no such thing.
    """
    import numpy as np

    try:
        raw, counts = zlib.decompress(grid), zlib.decompress(objects)
        places = np.frombuffer(raw, np.uint8).reshape(NUM_CLASSES, *GRID)
        return Places(places, np.frombuffer(counts, "<u2").reshape(NUM_CLASSES, SIZES))
    except (zlib.error, ValueError) as error:
        raise RecordError("what is known of where classes are is damaged") from error


def places_of(mask: "NDArray[np.uint8]") -> Places:
    """Where the classes of a mask are, class ids uint8 [H, W]."""
    import numpy as np
    from PIL import Image

    picture = Image.fromarray(mask)
    rows, columns = GRID
    fine = np.asarray(picture.resize((columns * 8, rows * 8), Image.Resampling.NEAREST))
    parts = fine.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3).reshape(rows * columns, 64)
    index = parts.astype(np.int64) + NUM_CLASSES * np.arange(rows * columns)[:, None]
    counts = np.bincount(index.ravel(), minlength=rows * columns * NUM_CLASSES)
    shares = np.round(counts.reshape(rows, columns, NUM_CLASSES).transpose(2, 0, 1) * 255 / 64)
    scale = min(1.0, _WIDEST / mask.shape[1])
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    small = mask if scale == 1 else np.asarray(picture.resize(size, Image.Resampling.NEAREST))
    return Places(shares.astype(np.uint8), _objects(small))


def _objects(mask: "NDArray[np.uint8]") -> "NDArray[np.uint16]":
    """How many areas of each size each class has; pixels that touch at a corner are of one area."""
    import numpy as np
    from scipy import ndimage

    found = np.zeros((NUM_CLASSES, SIZES), np.int64)
    for class_id, box in enumerate(ndimage.find_objects(mask.astype(np.int32) + 1, NUM_CLASSES)):
        if box is not None:
            labels, _ = ndimage.label(mask[box] == class_id, np.ones((3, 3), bool))
            pixels = np.bincount(labels.ravel())[1:]
            bins = np.floor(-np.log2(pixels / mask.size)).clip(0, SIZES - 1).astype(np.int64)
            found[class_id] += np.bincount(bins, minlength=SIZES)
    return found.clip(0, 65535).astype(np.uint16)
