"""Pictures in Kitty's graphics protocol, shown by Unicode placeholders.

Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/ ("Unicode placeholders").

textual-image draws them too, but scales a picture up to its cells before it sends it (1.2 MB instead of 0.1), writes to
stdout itself, and names the picture by a colour that Rich changes where it believes in 256 of them.
"""

import base64
import io
import random
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count

from PIL import Image
from rich.color import ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from bddseg_tui.tui.terminal.raw_strip import ExactColor, RawStrip

_CHUNK = 4096
_PLACEHOLDER = "\U0010eeee"
_DIACRITICS = (
    "305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599 59C-5A1 5A8-5A9 5AB-5AC "
    "5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC 730 732-733 735-736 73A 73D 73F-741 743 745 "
    "747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827 829-82D 951 953-954 F82-F83 F86-F87 135D-135F 17DD 193A 1A17 "
    "1A75-1A7C 1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 "
    "20D4-20D7 20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0 AAB2-AAB3 "
    "AAB7-AAB8 AABE-AABF AAC1 FE20-FE26 10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244"
)
"""The protocol's marks for the numbers from 0, as ranges of code points."""
MOST_CELLS = 297
"""Columns and rows that a picture can have: there are marks for no more."""
_COLORS = 256
_BYTES_A_PIXEL = 0.45
"""That a photograph of driving takes as a PNG of 256 colours in base64."""
_CELL_BYTES = 4
_PAYLOAD = 94
"""Percent; the rest goes into what messages and lines begin with, and leaves some for the words beside a picture."""
_next_id = count(random.randrange(1, 1 << 23))


@dataclass(frozen=True)
class KittyPicture:
    """A picture that a terminal can be sent: `data` once, then its `strips` as often as need be.

    `image_id` (24 bits) is the terminal's name of it, to free it by.
    """

    image_id: int
    data: str
    strips: list[Strip]


def encode_kitty(picture: Image.Image, cells: tuple[int, int], limit: int) -> KittyPicture:
    """A picture to fill (columns, rows), as sharp as `limit` bytes allow, its cells among them."""
    limit = max(limit // 2, limit - _CELL_BYTES * cells[0] * cells[1]) * _PAYLOAD // 100
    image_id = 1 + next(_next_id) % 0xFFFFFF
    payload = base64.b64encode(palette_png(picture, limit)).decode("ascii")
    chunks = [payload[start : start + _CHUNK] for start in range(0, len(payload), _CHUNK)]
    messages = [
        # One message sends and places it. `q=2`: nothing comes back, which the app would take for keys.
        f"\x1b_G{_head(image_id, cells) if not number else ''}m={int(number < len(chunks) - 1)},q=2;{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    ]
    return KittyPicture(image_id, "".join(messages), placeholders(image_id, cells))


def placeholders(image_id: int, cells: tuple[int, int]) -> list[Strip]:
    """The cells that show a picture.

    Written whole, a line names its row once, and each cell follows from the one to its left: 4 bytes a cell instead of
    8. Cut, it is written with row and column in each cell.
    """
    marks = _marks()
    color = ExactColor("image", ColorType.TRUECOLOR, triplet=ColorTriplet(*image_id.to_bytes(3, "big")))
    style = Style(color=color)
    head = f"\x1b[38;2;{';'.join(map(str, image_id.to_bytes(3, 'big')))}m"
    strips: list[Strip] = []
    for row in range(cells[1]):
        text = "".join(_PLACEHOLDER + marks[row] + marks[column] for column in range(cells[0]))
        short = f"{head}{_PLACEHOLDER}{marks[row]}{marks[0]}{_PLACEHOLDER * (cells[0] - 1)}\x1b[39m"
        strips.append(RawStrip(partial(_segments, text, style), cells[0], [short]))
    return strips


def _segments(text: str, style: Style) -> list[Segment]:
    return [Segment(text, style)]


def free_kitty(image_id: int) -> str:
    """What frees a picture and its data."""
    return f"\x1b_Ga=d,d=I,i={image_id},q=2\x1b\\"


def _head(image_id: int, cells: tuple[int, int]) -> str:
    return f"a=T,U=1,i={image_id},c={cells[0]},r={cells[1]},f=100,"


def palette_png(picture: Image.Image, limit: int) -> bytes:
    """A PNG with a palette, which saves most of what true colour takes; as large as fits `limit` bytes in base64."""
    room = limit * 3 // 4
    scale = min(1.0, (limit / _BYTES_A_PIXEL / (picture.width * picture.height)) ** 0.5)
    data = _saved(picture, scale)
    if scale < 1 and len(data) < room // 2:
        # At night.
        scale = min(1.0, scale * (0.8 * room / len(data)) ** 0.5)
        data = _saved(picture, scale)
    while len(data) > room and scale > 0.05:
        scale *= max(0.3, 0.95 * (room / len(data)) ** 0.5)
        data = _saved(picture, scale)
    return data


def _saved(picture: Image.Image, scale: float) -> bytes:
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture if size == picture.size else picture.resize(size, Image.Resampling.BOX)
    file = io.BytesIO()
    small.quantize(_COLORS, Image.Quantize.FASTOCTREE).save(file, "PNG", compress_level=7)
    return file.getvalue()


@lru_cache(maxsize=1)
def _marks() -> tuple[str, ...]:
    found: list[str] = []
    for part in _DIACRITICS.split():
        first, _, last = part.partition("-")
        found += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return tuple(found)
