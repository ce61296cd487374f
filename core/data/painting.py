"""How class ids are painted: in the classes' colours, over a photograph, or as what became of them.

Photographs are RGB, class ids mode P with values 0..19, all of one size. What is unknown, wrong or missed is told by
stripes too, not by its colour alone.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.core.data.picture_marks import Dot, borders, stripes

if TYPE_CHECKING:
    from PIL import Image

RIGHT = (40, 90, 60)
WRONG = (236, 72, 60)
MISSED = (70, 170, 255)
SHADOW = (0, 0, 0)
UNKNOWN_STRIPE = (96, 96, 96)
_WASH, _STRIPE = 0.4, 0.85
"""How much an area that is marked, and its stripes, cover of the photograph."""
_TINT = 0.62
_LARGE = ("wall", "truck", "bus", "train")
"""Where there are 16 colours, each shares one with a class of thin or many things."""


@lru_cache(maxsize=8)
def hatched(palette: tuple[int, ...]) -> frozenset[int]:
    """Of classes that share a colour of the palette, those that are drawn with stripes: those of large areas."""
    colours = [palette[3 * c.id : 3 * c.id + 3] for c in CLASSES]
    return frozenset(c.id for c in CLASSES if c.name in _LARGE and colours.count(colours[c.id]) > 1)


def painted(ids: "Image.Image", palette: tuple[int, ...], dot: Dot) -> "Image.Image":
    """Class colours alone; unknown has grey stripes, and black ones has one of two classes that share a colour."""
    from PIL import ImageChops

    colours = ids.copy()
    colours.putpalette(palette)
    picture = colours.convert("RGB")
    for class_id in hatched(palette):
        there = _where(ids, class_id)
        if there.getbbox() is not None:
            picture.paste(SHADOW, mask=ImageChops.darker(there, stripes(ids.size, dot, "\\")))
    unknown = _where(ids, UNKNOWN)
    if unknown.getbbox() is not None:
        picture.paste(UNKNOWN_STRIPE, mask=ImageChops.darker(unknown, stripes(ids.size, dot)))
    return picture


def blended(photo: "Image.Image", over: "Image.Image", opacity: float) -> "Image.Image":
    """One picture over another; `opacity` 0..1 is that of the upper one."""
    from PIL import Image

    return Image.blend(photo, over, opacity)


def contours(
    photo: "Image.Image", ids: "Image.Image", palette: tuple[int, ...], dot: Dot, only: int | None = None
) -> "Image.Image":
    """The photograph with the borders of classes, or of one class, in their colours."""
    from PIL import Image

    if only is not None:
        return _over(photo, _vivid(only), borders(ids, dot, only), 1.0)
    colours = ids.copy()
    colours.putpalette(palette)
    return Image.composite(colours.convert("RGB"), photo, borders(ids, dot))


def errors(photo: "Image.Image", actual: "Image.Image", predicted: "Image.Image", dot: Dot) -> "Image.Image":
    """Grey photograph; green where right, red with stripes where wrong, untinted where the actual class is unknown."""
    from PIL import Image, ImageChops

    grey = photo.convert("L").convert("RGB")
    wrong = ImageChops.difference(_values(actual), _values(predicted)).point(lambda v: 255 if v else 0)
    known = _values(actual).point(lambda v: 0 if v == UNKNOWN else 255)
    wrong = ImageChops.darker(wrong, known)
    right = Image.composite(Image.blend(grey, Image.new("RGB", photo.size, RIGHT), _TINT), grey, known)
    return _striped(right, grey, WRONG, wrong, stripes(photo.size, dot))


def outcomes(
    photo: "Image.Image", actual: "Image.Image", predicted: "Image.Image", class_id: int, dot: Dot
) -> "Image.Image":
    """What became of one class: plain in its colour where it was found, red / where falsely, blue \\ where missed.

    As the official metrics count, nothing is false where the actual class is unknown.
    """
    from PIL import ImageChops

    grey = _dimmed(photo)
    there, said = _where(actual, class_id), _where(predicted, class_id)
    unknown = _where(actual, UNKNOWN)
    false = ImageChops.subtract(ImageChops.subtract(said, there), unknown if class_id != UNKNOWN else _none(unknown))
    picture = _over(grey, _vivid(class_id), ImageChops.darker(there, said), 0.55)
    picture = _striped(picture, photo, WRONG, false, stripes(photo.size, dot))
    return _striped(picture, photo, MISSED, ImageChops.subtract(there, said), stripes(photo.size, dot, "\\"))


def highlighted(photo: "Image.Image", ids: "Image.Image", class_id: int) -> "Image.Image":
    """One class in full colour over the dimmed photograph."""
    from PIL import Image

    strong = Image.blend(photo, Image.new("RGB", photo.size, _vivid(class_id)), 0.5)
    return Image.composite(strong, _dimmed(photo), _where(ids, class_id))


def _striped(
    picture: "Image.Image",
    photo: "Image.Image",
    colour: tuple[int, int, int],
    where: "Image.Image",
    stripe: "Image.Image",
) -> "Image.Image":
    """An area washed with a colour, and stripes of it."""
    from PIL import Image, ImageChops

    flat = Image.new("RGB", photo.size, colour)
    picture = Image.composite(Image.blend(photo, flat, _WASH), picture, where)
    return Image.composite(Image.blend(photo, flat, _STRIPE), picture, ImageChops.darker(where, stripe))


def _over(photo: "Image.Image", colour: tuple[int, int, int], where: "Image.Image", opacity: float) -> "Image.Image":
    from PIL import Image

    strong = Image.blend(photo, Image.new("RGB", photo.size, colour), opacity)
    return Image.composite(strong, photo, where)


def _dimmed(photo: "Image.Image") -> "Image.Image":
    from PIL import Image

    return Image.blend(photo.convert("L").convert("RGB"), Image.new("RGB", photo.size, SHADOW), 0.55)


def _values(ids: "Image.Image") -> "Image.Image":
    from PIL import Image

    return Image.frombytes("L", ids.size, ids.tobytes())


def _where(ids: "Image.Image", class_id: int) -> "Image.Image":
    """255 where a class is (mode L)."""
    return _values(ids).point(lambda v: 255 if v == class_id else 0)


def _none(mask: "Image.Image") -> "Image.Image":
    return mask.point(lambda v: 0)


def _vivid(class_id: int) -> tuple[int, int, int]:
    """The class's colour, brightened where it is too dark to be seen on a dim photograph."""
    red, green, blue = CLASSES[class_id].color
    lift = max(0, 170 - max(red, green, blue))
    return red + lift, green + lift, blue + lift
