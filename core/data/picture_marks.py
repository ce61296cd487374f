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
Edges = tuple[float, float, float, float]
"""Left, top, right, bottom."""
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
_WIDEST_RIM = 4.0
"""Pixels."""
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


def with_outline(picture: "Image.Image", inside: "Image.Image", dot: Dot) -> "Image.Image":
    """The picture with a white line around an area (mode L), and a dark one around that: nothing of it is covered."""
    from PIL import Image, ImageChops, ImageFilter

    small = inside.resize(_in_dots(inside.size, dot), Image.Resampling.BOX).point(lambda v: 255 if v >= 64 else 0)
    if small.getbbox() is None:
        small = inside.resize(small.size, Image.Resampling.BOX).point(lambda v: 255 if v else 0)
    near, far = small.filter(ImageFilter.MaxFilter(3)), small.filter(ImageFilter.MaxFilter(5))
    marked = picture.copy()
    for colour, where in ((BLACK, ImageChops.subtract(far, near)), (WHITE, ImageChops.subtract(near, small))):
        marked.paste(colour, mask=where.resize(picture.size, Image.Resampling.NEAREST))
    return marked


def with_crosshair(picture: "Image.Image", part: Viewport, pixel: Pixel, dot: Dot) -> "Image.Image":
    """The picture of a part of an image with four strokes around a pixel, which itself stays as it is."""
    from PIL import ImageDraw

    marked = picture.copy()
    draw = ImageDraw.Draw(marked)
    wide, high = picture.width / part.width, picture.height / part.height
    left, top = (pixel[0] - part.x) * wide, (pixel[1] - part.y) * high
    # Strokes lie on dots, which would be mixed with what is beside them otherwise.
    x, y = ((left + wide / 2) // dot[0] + 0.5) * dot[0], ((top + high / 2) // dot[1] + 0.5) * dot[1]
    larger = max(dot)
    near = max(max(wide, high) / 2 + 2 * larger, min(picture.size) / 14)
    length = max(min(picture.size) / 16, 2 * larger)
    boxes: list[Edges] = []
    for sign in (-1, 1):
        first, last = sorted((x + sign * near, x + sign * (near + length)))
        boxes.append((first, y - dot[1] / 2, last, y + dot[1] / 2))
        first, last = sorted((y + sign * near, y + sign * (near + length)))
        boxes.append((x - dot[0] / 2, first, x + dot[0] / 2, last))
    for box in boxes:
        if larger > _WIDEST_RIM:
            # A rim of whole dots would cover too much: the stroke is dark where the picture is light.
            draw.rectangle(_grown(box, 0, 0), WHITE if _is_dark(picture, box) else BLACK)
        else:
            draw.rectangle(_grown(box, *dot), BLACK)
            draw.rectangle(_grown(box, 0, 0), WHITE)
    if min(wide, high) >= 4 * larger:
        # Around the pixel, so that nothing of it is covered.
        for colour, rim in ((BLACK, 2), (WHITE, 1)):
            frame = _grown((left, top, left + wide, top + high), rim * dot[0], rim * dot[1])
            draw.rectangle(frame, None, colour, max(1, round(rim * min(dot))))
    return marked


def _is_dark(picture: "Image.Image", box: Edges) -> bool:
    from PIL import ImageStat

    left, top = max(0, round(box[0])), max(0, round(box[1]))
    right, bottom = min(picture.width, round(box[2])), min(picture.height, round(box[3]))
    if left >= right or top >= bottom:
        return True
    return ImageStat.Stat(picture.crop((left, top, right, bottom)).convert("L")).mean[0] < 128


def _grown(box: Edges, across: float, down: float) -> Edges:
    left, top, right, bottom = box
    return round(left - across), round(top - down), round(right + across) - 1, round(bottom + down) - 1


def _in_dots(size: tuple[int, int], dot: Dot) -> tuple[int, int]:
    return max(1, round(size[0] / dot[0])), max(1, round(size[1] / dot[1]))
