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
_WORD = 8
"""Bytes that a character and its number are written into, those before them zero: one number of 64 bits."""


def encode_sixel(
    picture: Image.Image,
    limit: int,
    size: tuple[int, int] | None = None,
    paper: tuple[int, int, int] = (0, 0, 0),
) -> str:
    """A Sixel of an RGB picture, as sharp as `limit` bytes allow.

    It has `size` (width, height), where that is given: what is beside the picture has the colour `paper`.
    """
    for square, colors, bytes_a_pixel in _STEPS:
        likely = bytes_a_pixel * picture.width * picture.height
        last = square == _STEPS[-1][0]
        # A night scene takes half of what is likely; to look at what can't fit would take time for nothing.
        if likely > 2 * limit and not last:
            continue
        sixel = _laid_out(_on_paper(_of_few_colors(picture, square, colors), size or picture.size, paper))
        if sixel.bytes <= limit or last:
            return _written(sixel)
    raise AssertionError("the last step is always taken")


def _of_few_colors(picture: Image.Image, square: int, colors: int) -> Image.Image:
    """A picture with a palette (mode P) of fewer than so many colours."""
    small = picture
    if square > 1:
        size = max(1, picture.width // square), max(1, picture.height // square)
        small = picture.resize(size, Image.Resampling.BOX)
    indexed = small.quantize(colors - 1, Image.Quantize.FASTOCTREE)
    return indexed.resize(picture.size, Image.Resampling.NEAREST)


def _on_paper(picture: Image.Image, size: tuple[int, int], paper: tuple[int, int, int]) -> Image.Image:
    """The picture at the top left of one of (width, height), beside it exactly the colour `paper`."""
    if picture.size == size:
        return picture
    palette = picture.getpalette() or []
    whole = Image.new("P", size, len(palette) // 3)
    whole.putpalette([*palette, *paper])
    whole.paste(picture)
    return whole


@dataclass(frozen=True)
class _Sixel:
    """A picture as runs of equal characters, in the order in which they are written, and how long it will be.

    In each band the colour that would take most is drawn all over it first, and the others over that.

    Attributes:
        size: (width, height) in pixels.
        palette: red, green and blue in percent by colour, int [C, 3].
        below: the colour of each band that is drawn first, int [B].
        line: of each run the line that it is in, band * C + colour, int [N].
        starts: whether it is the first of its line, bool [N].
        gap: how many columns without pixels are before it, int [N].
        count: how many characters it has, int [N].
        bits: their pixels, the uppermost in the lowest bit, uint8 [N].
        bytes: what is written in all, to within a few hundred.
    """

    size: tuple[int, int]
    palette: "NDArray[Any]"
    below: "NDArray[Any]"
    line: "NDArray[Any]"
    starts: "NDArray[np.bool_]"
    gap: "NDArray[Any]"
    count: "NDArray[Any]"
    bits: "NDArray[np.uint8]"
    bytes: int


def _laid_out(picture: Image.Image) -> _Sixel:
    """The runs of a picture with a palette (mode P)."""
    import numpy as np

    used = np.flatnonzero(np.array(picture.histogram()))
    number = np.zeros(256, np.uint8)
    number[used] = np.arange(len(used))
    palette = np.array(picture.getpalette() or [0, 0, 0], np.int64).reshape(-1, 3)[used]
    places, bits = _characters(number[np.asarray(picture)], len(used))
    (width, height), colors = picture.size, len(used)
    line = places // width
    column = places - line * width
    follows = (np.diff(places) == 1) & (line[1:] == line[:-1]) & (bits[1:] == bits[:-1])
    first = np.flatnonzero(np.concatenate(([True], ~follows)))
    count, line, start, bits = np.diff(first, append=len(places)), line[first], column[first], bits[first]
    bands = -(-height // _BAND)
    below = np.bincount(line, minlength=bands * colors).reshape(bands, colors).argmax(1)
    kept = line % colors != below[line // colors]
    line, start, count, bits = line[kept], start[kept], count[kept], bits[kept]
    starts = np.diff(line, prepend=-1) != 0
    gap = start.copy()
    gap[1:] -= np.where(starts[1:], 0, (start + count)[:-1])
    length = _words(width).length
    size = int(length[gap].sum() + length[count].sum()) + len("$#99") * int(starts.sum())
    return _Sixel(picture.size, (palette * 100 + 127) // 255, below, line, starts, gap, count, bits, size)


def _characters(numbers: "NDArray[np.uint8]", colors: int) -> "tuple[NDArray[Any], NDArray[np.uint8]]":
    """The characters that have pixels, in the order in which they are written.

    Args:
        numbers: the colour of each pixel [H, W], below `colors`.
        colors: how many there are.

    Returns:
        the place of each, (band * colors + colour) * W + column; and its pixels as bits.
    """
    import numpy as np

    height, width = numbers.shape
    bands = -(-height // _BAND)
    # What is missing in the last band is its last line once more: the same characters, and bits that are cut.
    numbers = np.concatenate((numbers, np.repeat(numbers[-1:], bands * _BAND - height, axis=0)))
    within = np.arange(width, dtype=np.int32) * 8 + np.arange(_BAND, dtype=np.int32)[:, None]
    keys = (numbers.reshape(bands, _BAND, width) * np.int32(8 * width) + within).reshape(bands, _BAND * width)
    # Sorted by colour, column and pixel in one: three times as fast as a histogram by band.
    keys.sort(axis=1)
    columns = keys >> 3
    is_new = np.empty(columns.shape, np.bool_)
    is_new[:, 0] = True
    np.not_equal(columns[:, 1:], columns[:, :-1], out=is_new[:, 1:])
    first = np.flatnonzero(is_new)
    bits = np.bitwise_or.reduceat(np.left_shift(np.uint8(1), keys.astype(np.uint8) & np.uint8(7)).ravel(), first)
    band = first // (_BAND * width)
    bits[band == bands - 1] &= np.uint8((1 << (height - (bands - 1) * _BAND)) - 1)
    return columns.ravel()[first] + band * (colors * width), bits


def _written(sixel: _Sixel) -> str:
    """What is sent.

    All colours are defined before the first pixel: an xterm garbles the lines that they would else be defined in. What
    is not drawn on is left as it is: some terminals have another colour for it than the screen has.
    """
    import numpy as np

    (width, height), colors = sixel.size, len(sixel.palette)
    words = _words(width)
    selects = np.zeros((colors, _WORD), np.uint8)
    for color in range(colors):
        text = f"$#{color}".encode()
        selects[color, : len(text)] = list(text)
    found = np.zeros((len(sixel.line), 3), np.uint64)
    found[sixel.starts, 0] = selects.view(np.uint64)[sixel.line[sixel.starts] % colors, 0]
    found[:, 1] = words.number[sixel.gap] + words.char[sixel.gap] * np.uint64(_FIRST)
    found[:, 2] = words.number[sixel.count] + words.char[sixel.count] * (sixel.bits + np.uint8(_FIRST)).astype(
        np.uint64
    )
    edges = np.searchsorted(sixel.line, np.arange(len(sixel.below) + 1) * colors).tolist()
    parts = [f'\x1bP0;1;0q"1;1;{width};{height}']
    parts += [f"#{n};2;{r};{g};{b}" for n, (r, g, b) in enumerate(sixel.palette.tolist())]
    for band, color in enumerate(sixel.below.tolist()):
        high = min(_BAND, height - band * _BAND)
        parts.append(f"#{color}{_repeated(_FIRST + (1 << high) - 1, width)}")
        data = found[edges[band] : edges[band + 1]].view(np.uint8).ravel()
        parts.append(data[data != 0].tobytes().decode("ascii"))
        parts.append("-")
    return "".join([*parts, "\x1b\\"])


@dataclass(frozen=True)
class _Words:
    """How so many equal characters are written, by their number: each array has one of 64 bits for 0..width.

    Attributes:
        number: what comes before the character, such as "!12".
        char: a 1 in each byte that is the character.
        length: bytes that are not zero.
    """

    number: "NDArray[np.uint64]"
    char: "NDArray[np.uint64]"
    length: "NDArray[np.int64]"


@lru_cache(maxsize=8)
def _words(width: int) -> _Words:
    import numpy as np

    number, char = np.zeros((width + 1, _WORD), np.uint8), np.zeros((width + 1, _WORD), np.uint8)
    for count in range(1, width + 1):
        text = _repeated(0, count).encode()
        at = _WORD - len(text)
        number[count, at:] = list(text)
        char[count, at:] = [byte == 0 for byte in text]
    length = np.count_nonzero(number + char, axis=1)
    return _Words(number.view(np.uint64)[:, 0], char.view(np.uint64)[:, 0], length)


def _repeated(char: int, count: int) -> str:
    return chr(char) * count if count < _SHORT else f"!{count}{chr(char)}"
