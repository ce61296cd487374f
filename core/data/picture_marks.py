"""What marks areas of a picture otherwise than by colour: stripes, borders, and the crosshair.

All are drawn in dots, the smallest squares that a terminal shows apart: a stripe of single pixels would be a grey.
"""

from typing import TYPE_CHECKING, Literal

from bddseg_tui.core.data.viewport import Pixel, Viewport

if TYPE_CHECKING:
    from PIL import Image

Dot = tuple[float, float]
"""Width and height in pixels of the picture."""
FINE: Dot = (2.0, 2.0)
Slope = Literal["/", "\\"]
_PERIOD = 4
"""Dots from a stripe to the next; half of them are of the stripe."""


def stripes(size: tuple[int, int], dot: Dot, slope: Slope = "/") -> "Image.Image":
    """Diagonal stripes as a mask (mode L, 255 where a stripe is) of (width, height) pixels."""
    from PIL import Image

    columns, rows = _in_dots(size, dot)
    line = (b"\xff" * (_PERIOD // 2) + b"\0" * (_PERIOD // 2)) * (columns // _PERIOD + 2)
    step = 1 if slope == "/" else -1
    data = b"".join(line[step * y % _PERIOD :][:columns] for y in range(rows))
    return Image.frombytes("L", (columns, rows), data).resize(size, Image.Resampling.NEAREST)


def borders(ids: "Image.Image", dot: Dot, only: int | None = None) -> "Image.Image":
    """Where class ids (mode P) change, as a mask (mode L); of one class alone, its own pixels at its border."""
    from PIL import Image, ImageChops, ImageFilter

    small = ids.resize(_in_dots(ids.size, dot), Image.Resampling.NEAREST)
    values = Image.frombytes("L", small.size, small.tobytes())
    if only is not None:
        values = values.point(lambda v: 255 if v == only else 0)
        edge = ImageChops.difference(values, values.filter(ImageFilter.MinFilter(3)))
    else:
        high, low = values.filter(ImageFilter.MaxFilter(3)), values.filter(ImageFilter.MinFilter(3))
        edge = ImageChops.difference(high, low).point(lambda v: 255 if v else 0)
    return edge.resize(ids.size, Image.Resampling.NEAREST)


def with_crosshair(picture: "Image.Image", part: Viewport, pixel: Pixel, dot: Dot) -> "Image.Image":
    """The picture of a part of an image with four strokes around a pixel, which itself stays as it is."""
    from PIL import ImageDraw

    marked = picture.copy()
    draw = ImageDraw.Draw(marked)
    wide, high = picture.width / part.width, picture.height / part.height
    left, top = (pixel[0] - part.x) * wide, (pixel[1] - part.y) * high
    right, bottom = left + wide, top + high
    x, y = (left + right) / 2, (top + bottom) / 2
    across, down = max(dot[0], 2.0), max(dot[1], 2.0)
    near = max(wide / 2 + 2 * max(across, down), min(picture.size) / 24)
    far = near + max(min(picture.size) / 14, 2 * max(across, down))
    for colour, rim in (((0, 0, 0), 1.0), ((255, 255, 255), 0.0)):
        for sign in (-1, 1):
            ends = sorted((x + sign * near, x + sign * far)), sorted((y + sign * near, y + sign * far))
            for box in (
                (ends[0][0], y - down / 2, ends[0][1], y + down / 2),
                (x - across / 2, ends[1][0], x + across / 2, ends[1][1]),
            ):
                draw.rectangle(_grown(box, rim * across, rim * down), colour)
        if min(wide, high) >= 4 * max(across, down):
            # Around the pixel, so that nothing of it is covered.
            frame = _grown((left, top, right, bottom), across * (1 + rim), down * (1 + rim))
            draw.rectangle(frame, None, colour, max(1, round(min(across, down) * (1 + rim))))
    return marked


def _grown(box: tuple[float, float, float, float], across: float, down: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return round(left - across), round(top - down), round(right + across) - 1, round(bottom + down) - 1


def _in_dots(size: tuple[int, int], dot: Dot) -> tuple[int, int]:
    return max(1, round(size[0] / dot[0])), max(1, round(size[1] / dot[1]))
