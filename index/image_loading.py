"""Images of a dataset as a CLIP takes them, with a checksum by which one that is known is not encoded again."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bddseg_tui.core.data.image_file import BadFileError, read_image, read_orientation
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.vector_types import Vectors

Batch = Sequence[tuple[bytes, str]]
"""Images (paths relative to the dataset) and their stamps."""


@dataclass(frozen=True)
class Loaded:
    """An image that was read.

    Attributes:
        digest: of its content.
        picture: float32 [3, h, w]; None where it need not be encoded, or has been.
        row: of the vector that it has already.
        why: it cannot be read.
    """

    image: bytes
    stamp: str
    digest: bytes = b""
    picture: Tensor | None = None
    row: int | None = None
    why: str = ""


def load_image(clip: Clip, root: Path, image: bytes, stamp: str, known: Callable[[bytes], int | None]) -> Loaded:
    """Reads an image, unless its content is `known`."""
    path = root / os.fsdecode(image)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "blake2b").digest()[:16]
        if (turned := read_orientation(path)) != 1:
            # Rows that an earlier reader made of the same bytes are of the picture on its side.
            digest = hashlib.blake2b(digest + bytes([turned]), digest_size=16).digest()
        if (row := known(digest)) is not None:
            return Loaded(image, stamp, digest, row=row)
        picture = read_image(path, at_least=draft_size(clip))
        return Loaded(image, stamp, digest, clip.prepare(picture))
    except (BadFileError, OSError, ValueError) as error:
        return Loaded(image, stamp, why=sanitize(str(error))[:300] or "cannot be read")


def encode_loaded(clip: Clip, loaded: Sequence[Loaded]) -> Vectors:
    """Unit vectors, float32 [n, dimension], of those that have a picture, in their order."""
    pictures = [item.picture for item in loaded if item.picture is not None]
    return clip.encode_prepared(torch.stack(pictures)) if pictures else np.zeros((0, clip.dimension), np.float32)


def draft_size(clip: Clip) -> tuple[int, int]:
    """The least size at which a JPEG may be decoded: half as large again as what the model takes."""
    height, width = clip.image_size
    return width * 3 // 2, height * 3 // 2
