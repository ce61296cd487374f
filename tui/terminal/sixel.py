"""Pictures as Sixel, within a number of bytes.

textual-image's encoder (0.12.0) was turned down: it goes through a picture's lines in Python, which takes more than
twice as long, so that a step of zooming would be late; its Sixels of photographs are 7 % shorter.

Source of the format: the VT3xx Graphics Programming manual, chapter 14.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEPS = ((1, 256, 0.66), (1, 64, 0.46), (2, 64, 0.31), (3, 64, 0.22), (3, 32, 0.12), (5, 32, 0.08), (8, 16, 0.03))
"""(pixels that a square of one colour is wide, colours, bytes a pixel that photographs of driving take), best first.

Fewer colours first, since edges are what one looks for; below 64 a red light is no longer red, and squares are better.
"""
_BAND = 6
"""Lines of pixels that a character has."""
_FIRST = 63
"""The character of no pixels; that of the pixel in line n of a band is 2**n further."""
_SHORT = 4
"""From so many on a character is written once, with its number."""
_TABLE = 64
"""Repetitions of a character that are looked up."""


def encode_sixel(picture: Image.Image, limit: int) -> str:
    """A Sixel of an RGB picture, as sharp as `limit` bytes allow."""
    data = ""
    for square, colors, bytes_a_pixel in _STEPS:
        likely = bytes_a_pixel * picture.width * picture.height
        last = square == _STEPS[-1][0]
        # A night scene takes half of what is likely; to encode what can't fit would take time for nothing.
        if likely > 2 * limit and not last:
            continue
        data = _encode(picture, square, colors)
        if len(data) <= limit:
            break
    return data


def _encode(picture: Image.Image, square: int, colors: int) -> str:
    small = picture
    if square > 1:
        size = max(1, picture.width // square), max(1, picture.height // square)
        small = picture.resize(size, Image.Resampling.BOX)
    indexed = small.quantize(colors, Image.Quantize.FASTOCTREE)
    return _of_palette(indexed.resize(picture.size, Image.Resampling.NEAREST))


def _of_palette(picture: Image.Image) -> str:
    """A Sixel of a picture with a palette (mode P).

    All colours are defined before the first pixel: an xterm garbles the lines that they would else be defined in.
    """
    import numpy as np

    pixels, (width, height) = np.asarray(picture), picture.size
    used = np.unique(pixels)
    palette = np.array(picture.getpalette() or [0, 0, 0], np.int64).reshape(-1, 3)[used]
    percent = (palette * 100 + 127) // 255
    number = np.zeros(256, np.int32)
    number[used] = np.arange(len(used))
    lines, columns, bits = _characters(number[pixels], len(used))
    parts = [f'\x1bP0;0;0q"1;1;{width};{height}']
    parts += [f"#{n};2;{r};{g};{b}" for n, (r, g, b) in enumerate(percent.tolist())]
    parts += _bands(_runs(lines, columns, bits), (width, height), len(used))
    return "".join([*parts, "\x1b\\"])


def _characters(numbers: "NDArray[np.int32]", colors: int) -> "tuple[NDArray[Any], NDArray[Any], NDArray[np.uint8]]":
    """The characters that have pixels, in the order in which they are written.

    Args:
        numbers: the colour of each pixel [H, W], below `colors`.
        colors: how many there are.

    Returns:
        the line of each, which is band * colors + colour; its column; and its pixels as bits.
    """
    import numpy as np

    height, width = numbers.shape
    # In half the bytes it is sorted in half the time.
    kind = np.int32 if (height // _BAND + 1) * colors * width * 8 < 1 << 31 else np.int64
    rows: NDArray[Any] = np.arange(height, dtype=kind)[:, None]
    columns: NDArray[Any] = np.arange(width, dtype=kind)
    places = (rows // _BAND * colors + numbers) * width + columns
    # Sorted by line, column and pixel in one: three times as fast as a histogram by band.
    keys = np.sort(places * 8 + rows % _BAND, axis=None)
    places = keys >> 3
    first = np.flatnonzero(np.diff(places, prepend=-1))
    bits = np.bitwise_or.reduceat(np.left_shift(np.uint8(1), (keys & 7).astype(np.uint8)), first)
    places = places[first]
    return places // width, places % width, bits


@dataclass(frozen=True)
class _Runs:
    """Equal characters that follow each other in one line: where each run starts and ends, in columns."""

    line: "NDArray[Any]"
    start: "NDArray[Any]"
    end: "NDArray[Any]"
    bits: "NDArray[np.uint8]"


def _runs(lines: "NDArray[Any]", columns: "NDArray[Any]", bits: "NDArray[np.uint8]") -> _Runs:
    import numpy as np

    follows = (np.diff(lines) == 0) & (np.diff(columns) == 1) & (bits[1:] == bits[:-1])
    first = np.flatnonzero(np.concatenate(([True], ~follows)))
    last = np.append(first[1:], len(lines)) - 1
    return _Runs(lines[first], columns[first], columns[last] + 1, bits[first])


def _bands(runs: _Runs, size: tuple[int, int], colors: int) -> list[str]:
    """What is written for the bands from top to bottom.

    The colour that would take most in a band is drawn all over it first, and the others over that.
    """
    import numpy as np

    width, height = size
    bands = -(-height // _BAND)
    below = np.bincount(runs.line, minlength=bands * colors).reshape(bands, colors).argmax(1)
    kept = runs.line % colors != below[runs.line // colors]
    line, start, end, bits = runs.line[kept], runs.start[kept], runs.end[kept], runs.bits[kept]
    new = np.diff(line, prepend=-1) != 0
    gaps = start - np.where(new, 0, np.concatenate(([0], end[:-1]))[: len(end)])
    table = _table()
    written = [
        (table[0][gap] if gap < _TABLE else _repeated("?", gap))
        + (table[b][count] if count < _TABLE else _repeated(chr(_FIRST + b), count))
        for gap, count, b in zip(gaps.tolist(), (end - start).tolist(), bits.tolist(), strict=True)
    ]
    starts = np.flatnonzero(new)
    lines, edges = line[starts].tolist(), [*starts.tolist(), len(written)]
    parts, place = [], 0
    for band in range(bands):
        high = min(_BAND, height - band * _BAND)
        parts.append(f"#{below[band]}{_repeated(chr(_FIRST + (1 << high) - 1), width)}")
        while place < len(lines) and lines[place] // colors == band:
            parts.append(f"$#{lines[place] % colors}")
            parts += written[edges[place] : edges[place + 1]]
            place += 1
        parts.append("-")
    return parts


@lru_cache(maxsize=1)
def _table() -> list[list[str]]:
    """What is written for each character, by how often it is."""
    return [[_repeated(chr(_FIRST + bits), count) for count in range(_TABLE)] for bits in range(1 << _BAND)]


def _repeated(char: str, count: int) -> str:
    return char * count if count < _SHORT else f"!{count}{char}"
