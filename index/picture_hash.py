"""What a picture looks like in 256 bits, by which the same one is known again when it was scaled or encoded anew."""

from pathlib import Path

import numpy as np
from imagehash import phash
from PIL import Image

from bddseg_tui.core.data.image_file import BadFileError, read_image
from bddseg_tui.index.vector_types import Vectors

BITS = 256
_SIZE = (96, 96)
"""The least size at which a JPEG is decoded: the hash looks at 64 x 64 pixels."""


def hash_picture(picture: Image.Image) -> Vectors:
    """The perceptual hash (pHash) as a unit vector, float32 [256]: a cosine is 1 less twice the share of other bits."""
    bits = np.asarray(phash(picture, hash_size=16).hash).ravel()
    return np.where(bits, 1.0, -1.0).astype(np.float32) / np.float32(np.sqrt(BITS))


def hash_file(numbered: tuple[int, Path]) -> tuple[int, Vectors | None]:
    """The same of a file, with its number; None where it cannot be read."""
    number, path = numbered
    try:
        return number, hash_picture(read_image(path, at_least=_SIZE))
    except (BadFileError, OSError, ValueError):
        return number, None
