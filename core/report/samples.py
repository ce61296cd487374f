"""Pictures in a report: image, actual, predicted and errors of one sample, as a JPEG that stands in the page."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.image_file import BadFileError, read_mask
from bddseg_tui.core.data.pictures import PictureRequest, View, compose
from bddseg_tui.core.sanitize import sanitize

VIEWS: tuple[tuple[View, str], ...] = (
    ("image", "image"),
    ("mask", "actual"),
    ("prediction", "predicted"),
    ("error", "errors"),
)
SIZE = (320, 180)
_LEAST_SHARE = 0.002


@dataclass(frozen=True)
class SamplePicture:
    """A sample in a report: its name, mIoU19 (0..1), a strip of pictures as base64 JPEG, and the classes in it."""

    name: str
    miou: float | None
    strip: str
    found: tuple[str, ...]
    missed: tuple[str, ...]


def sample_pictures(rows: Sequence[Row]) -> list[SamplePicture]:
    """The pictures of these samples; those whose files can't be read any more are left out."""
    pictures = []
    for row in rows:
        try:
            pictures.append(_picture(row))
        except BadFileError:
            continue
    return pictures


def strip(requests: Sequence[PictureRequest], size: tuple[int, int]) -> str:
    """Pictures side by side, each of the first one's size, which is within (width, height): JPEG as base64.

    Raises:
        BadFileError: a file of them cannot be read.
    """
    from PIL import Image

    parts = [compose(request, size) for request in requests]
    width, height = parts[0].size
    whole = Image.new("RGB", (width * len(parts), height))
    for number, part in enumerate(parts):
        whole.paste(part.resize((width, height)), (number * width, 0))
    sink = io.BytesIO()
    whole.save(sink, "JPEG", quality=82)
    return base64.b64encode(sink.getvalue()).decode()


def _picture(row: Row) -> SamplePicture:
    requests = [PictureRequest(row.image, row.mask, row.prediction, view) for view, _ in VIEWS]
    found, there = _classes(row)
    missed = tuple(name for name in there if name not in found)
    return SamplePicture(sanitize(row.name), row.miou, strip(requests, SIZE), found, missed)


def _classes(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the classes that cover a share worth naming: of the prediction, and of the mask."""
    import numpy as np

    names = []
    for path in (row.prediction, row.mask):
        counts = np.bincount(read_mask(path).ravel(), minlength=len(CLASSES)) if path else np.zeros(len(CLASSES))
        least = _LEAST_SHARE * counts.sum()
        order = [int(i) for i in np.argsort(-counts) if counts[i] > least and i != UNKNOWN]
        names.append(tuple(CLASSES[i].name for i in order))
    return names[0], names[1]
