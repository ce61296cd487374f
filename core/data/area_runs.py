"""The pixels of an area of a mask, as runs of its rows: kept, drawn, and marked in a mask."""

import struct
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bddseg_tui.core.errors import RecordError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

Run = tuple[int, int, int]
"""Row, first column, and the column behind the last, in pixels of the mask."""
Runs = tuple[Run, ...]
_LARGEST = 1 << 26
"""Bytes that the runs of an area may take when they are unpacked."""


def packed(runs: Sequence[Run]) -> bytes:
    """The runs in few bytes."""
    flat = [value for run in runs for value in run]
    return zlib.compress(struct.pack(f"<{len(flat)}i", *flat), 6)


def unpacked(data: bytes) -> Runs:
    """The runs of what `packed` made.

    Raises:
        RecordError: it is none.
    """
    try:
        stream = zlib.decompressobj()
        raw = stream.decompress(data, _LARGEST)
        if len(raw) % 12 or not stream.eof:
            raise RecordError("the runs of an area are cut off")
        return tuple(struct.iter_unpack("<3i", raw))
    except zlib.error as error:
        raise RecordError("the runs of an area are damaged") from error


def as_text(runs: Sequence[Run]) -> str:
    """The runs as one word of a table: `row:first-end`, joined by `+`."""
    return "+".join(f"{row}:{first}-{end}" for row, first, end in runs)


def from_text(text: str) -> Runs:
    """The runs of what `as_text` made.

    Raises:
        RecordError: it is none.
    """
    runs: list[Run] = []
    for word in filter(None, text.split("+")):
        row, colon, rest = word.partition(":")
        first, dash, end = rest.partition("-")
        if not (colon and dash and row.isdecimal() and first.isdecimal() and end.isdecimal() and len(word) < 30):
            raise RecordError("the pixels of an area are written as row:first-end+row:first-end")
        runs.append((int(row), int(first), int(end)))
    return tuple(runs)


def box_of(runs: Sequence[Run]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of an area, the last two exclusive."""
    rows = [row for row, _, _ in runs]
    return min(first for _, first, _ in runs), min(rows), max(end for *_, end in runs), max(rows) + 1


def count(runs: Sequence[Run]) -> int:
    """How many pixels an area has."""
    return sum(end - first for _, first, end in runs)


def overlap(some: Sequence[Run], others: Sequence[Run]) -> int:
    """How many pixels two areas of one mask share; the runs of each do not overlap."""
    by_row: dict[int, list[tuple[int, int]]] = {}
    for row, first, end in others:
        by_row.setdefault(row, []).append((first, end))
    return sum(
        max(0, min(end, other_end) - max(first, other_first))
        for row, first, end in some
        for other_first, other_end in by_row.get(row, ())
    )


def mark(ids: "NDArray[np.uint8]", runs: Sequence[Run], value: int) -> None:
    """Sets the area's pixels of a mask, uint8 [H, W], to a value; what lies outside of it is left out."""
    height, width = ids.shape
    for row, first, end in runs:
        if 0 <= row < height:
            ids[row, max(0, first) : max(0, min(end, width))] = value


def drawn(runs: Sequence[Run], size: tuple[int, int], crop: tuple[int, int, int, int]) -> "Image.Image":
    """The area as a picture of mode L, 255 where it is: a crop (left, top, right, bottom) of a mask of `size`."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = crop
    picture = Image.new("L", (right - left, bottom - top), 0)
    draw = ImageDraw.Draw(picture)
    for row, first, end in runs:
        if top <= row < bottom and first < right and end > left:
            draw.line((first - left, row - top, min(end, size[0]) - 1 - left, row - top), 255)
    return picture
