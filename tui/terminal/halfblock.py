"""Pictures as half-blocks: two pixels a cell, plain text to every terminal and multiplexer.

textual-image has such a renderer too, but decodes and scales the image anew at each refresh of its widget
(100-160 ms at 80x40); here the strips are made once, in a thread, and kept.
"""

from functools import lru_cache

from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

DEPTH_MASK = 0xFC
"""Six bits a channel: neighbours more often share a style, which saves a third of the bytes over SSH."""


def halfblock_strips(picture: Image.Image) -> list[Strip]:
    """Strips of an RGB picture whose width is in cells and whose height is twice the cells."""
    width, height = picture.size
    if height % 2:
        padded = Image.new("RGB", (width, height + 1))
        padded.paste(picture, (0, 0))
        picture, height = padded, height + 1
    pixels = picture.point([v & DEPTH_MASK for v in range(256)] * 3).tobytes()
    stride = width * 3
    return [
        _strip(pixels[y * stride : (y + 1) * stride], pixels[(y + 1) * stride : (y + 2) * stride])
        for y in range(0, height, 2)
    ]


def _strip(upper: bytes, lower: bytes) -> Strip:
    segments = []
    last, run = b"", 0
    for x in range(0, len(upper), 3):
        pair = upper[x : x + 3] + lower[x : x + 3]
        if pair == last:
            run += 1
            continue
        if run:
            segments.append(Segment("▀" * run, _style(last)))
        last, run = pair, 1
    segments.append(Segment("▀" * run, _style(last)))
    return Strip(segments, len(upper) // 3)


@lru_cache(maxsize=32768)
def _style(pair: bytes) -> Style:
    return Style.from_color(_color(pair[:3]), _color(pair[3:]))


@lru_cache(maxsize=16384)
def _color(rgb: bytes) -> Color:
    return Color.from_rgb(*rgb)
