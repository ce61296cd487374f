"""Pictures as Sixel, within a number of bytes.

textual-image's function that encodes is used, and nothing else of it: to import its renderables asks the terminal and
waits for the answer, and what they draw they write to stdout, between whatever Textual is writing.

Private in textual-image (checked against 0.12.0 and 0.14.2): the module `textual_image._sixel`.
"""

import re

from PIL import Image

_HEAD = re.compile(r'\x1bP[0-9;]*q(?:"[0-9;]*)?')
_COLOR = re.compile(r"#(\d+);2;\d+;\d+;\d+")
_STEPS = ((1, 256, 0.66), (1, 64, 0.46), (2, 64, 0.31), (3, 64, 0.22), (3, 32, 0.12), (5, 32, 0.08), (8, 16, 0.03))
"""(pixels that a square of one colour is wide, colours, bytes a pixel that photographs of driving take), best first.

Fewer colours first, since edges are what one looks for; below 64 a red light is no longer red, and squares are better.
"""


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


def palette_first(sixel: str) -> str:
    """The same Sixel with all its colours defined before its first pixel.

    textual-image defines a colour where it first occurs. An xterm then garbles the first six rows, in which most
    colours occur first; other terminals and ImageMagick do not mind either way.
    """
    head = _HEAD.match(sixel)
    if head is None:
        return sixel
    body = sixel[head.end() :]
    defined = dict.fromkeys(m.group() for m in _COLOR.finditer(body))
    return head.group() + "".join(defined) + _COLOR.sub(r"#\1", body)


def _encode(picture: Image.Image, square: int, colors: int) -> str:
    from textual_image._sixel import SixelOptions, image_to_sixels

    small = picture
    if square > 1:
        size = max(1, picture.width // square), max(1, picture.height // square)
        small = picture.resize(size, Image.Resampling.BOX)
    indexed = small.quantize(colors, Image.Quantize.FASTOCTREE)
    return palette_first(image_to_sixels(indexed.resize(picture.size, Image.Resampling.NEAREST), SixelOptions()))
