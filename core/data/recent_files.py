"""Images and masks that were read just now, as they are: a step of zooming or another view reads the same file again.

To decode a JPEG of 1280x720 takes a quarter of the time of such a step.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask_values, read_size

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT = 3
"""Of each kind: those of one sample, and its mask or prediction beside them."""
MOST_PIXELS = 4_000_000
"""What is larger would take much memory for as long as the app runs."""

_State = tuple[int, int, int]


def recent_image(path: Path) -> "Image":
    """As `read_image`, at its full size; nobody may change what comes.

    Raises:
        BadFileError: as `read_image`.
    """
    return _recent(path, _image, read_image)


def recent_mask_values(path: Path) -> "Image":
    """As `read_mask_values` with `strict` off; nobody may change what comes.

    Raises:
        BadFileError: as `read_mask_values`.
    """
    return _recent(path, _mask_values, lambda found: read_mask_values(found, strict=False))


def _recent(path: Path, kept: "Callable[[Path, _State], Image]", read: "Callable[[Path], Image]") -> "Image":
    try:
        found = path.stat()
        width, height = read_size(path)
    except (OSError, BadFileError):
        return read(path)
    if width * height > MOST_PIXELS:
        return read(path)
    # A file that is written anew within a tick of the clock nearly always has another length.
    return kept(path, (found.st_ino, found.st_mtime_ns, found.st_size))


@lru_cache(maxsize=KEPT)
def _image(path: Path, state: _State) -> "Image":
    return read_image(path)


@lru_cache(maxsize=KEPT)
def _mask_values(path: Path, state: _State) -> "Image":
    return read_mask_values(path, strict=False)
