"""Pictures of a sample: image, mask, overlay, prediction and error map, composed at the size they are shown at.

Pillow alone, no numpy: its table look-ups are as fast here, and the app need not spend the time to import numpy.
Even Pillow is imported with the first picture: the list is there before.
Masks are scaled by nearest neighbour before they get colours, so that no colour appears which is no class.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bddseg_tui.core.classes import CLASSES, PALETTE, RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask_values
from bddseg_tui.core.data.viewport import Viewport

if TYPE_CHECKING:
    from PIL import Image

View = Literal["image", "mask", "overlay", "prediction", "error"]
VIEWS: tuple[View, ...] = ("image", "mask", "overlay", "prediction", "error")
RIGHT = (40, 90, 60)
WRONG = (236, 72, 60)
SHADOW = (0, 0, 0)
NATIVE_FROM = 3.0
"""Magnification from which on a pixel of an image is drawn as a square, not smoothed."""


@dataclass(frozen=True)
class PictureRequest:
    """What is to be seen. `opacity` (0..1) is the overlay's; `highlight` is a class id or None.

    With a `viewport` only that part of the image is shown, at its full resolution, with a crosshair in the middle.
    """

    image: Path
    mask: Path | None
    prediction: Path | None = None
    view: View = "image"
    opacity: float = 0.5
    highlight: int | None = None
    viewport: Viewport | None = None


def compose(request: PictureRequest, size: tuple[int, int], palette: tuple[int, ...] = PALETTE) -> "Image.Image":
    """Draws a request as RGB, as large as fits into `size` (width, height) at the image's own aspect.

    `palette` has red, green and blue of each class, one after another.

    Raises:
        BadFileError: a file that the view needs is missing or cannot be read.
    """
    if request.viewport is None:
        photo = fit(read_image(request.image, at_least=size), size)
        return _composed(request, photo, None, palette)
    whole = read_image(request.image)
    box = _part(request.viewport, whole.size, whole.size)
    photo = fit(whole.crop(box), size, native=True)
    return _with_crosshair(_composed(request, photo, whole.size, palette), request.viewport)


def _composed(
    request: PictureRequest, photo: "Image.Image", whole: tuple[int, int] | None, palette: tuple[int, ...]
) -> "Image.Image":
    """The view over the photograph as it is shown; `whole` is the size of the image that it is a part of."""
    from PIL import Image

    if request.view == "image" and request.highlight is None:
        return photo
    ids = _ids_for(request, photo.size, whole)
    if ids is None:
        return photo
    if request.view == "error":
        predicted = _needed(request.prediction, request, "prediction")
        return _error_map(photo, ids, _read_ids(predicted, photo.size, request.viewport, whole))
    colours = ids.copy()
    colours.putpalette(palette)
    painted = colours.convert("RGB")
    if request.view in ("overlay", "image"):
        painted = Image.blend(photo, painted, request.opacity if request.view == "overlay" else 0.0)
    return _highlighted(painted, photo, ids, request.highlight) if request.highlight is not None else painted


def fit(picture: "Image.Image", size: tuple[int, int], native: bool = False) -> "Image.Image":
    """The picture scaled to the largest size within (width, height) that keeps its aspect.

    With `native` a pixel becomes a square from NATIVE_FROM times its size on.
    """
    from PIL import Image

    scale = min(size[0] / picture.width, size[1] / picture.height)
    target = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    way = Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC
    if native and scale >= NATIVE_FROM:
        way = Image.Resampling.NEAREST
    return picture if picture.size == target else picture.resize(target, way, reducing_gap=2.0)


def _part(viewport: Viewport, whole: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int, int, int]:
    """A viewport of an image as (left, top, right, bottom) of a picture of it that may have another size."""
    across, down = picture[0] / whole[0], picture[1] / whole[1]
    left, top = min(picture[0] - 1, round(viewport.x * across)), min(picture[1] - 1, round(viewport.y * down))
    right, bottom = round((viewport.x + viewport.width) * across), round((viewport.y + viewport.height) * down)
    return left, top, min(picture[0], max(left + 1, right)), min(picture[1], max(top + 1, bottom))


def _with_crosshair(picture: "Image.Image", viewport: Viewport) -> "Image.Image":
    """Four strokes around the pixel in the middle, which itself stays as it is."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    x = round((viewport.width // 2 + 0.5) * picture.width / viewport.width)
    y = round((viewport.height // 2 + 0.5) * picture.height / viewport.height)
    stroke = max(1, min(picture.size) // 120)
    near, far = min(picture.size) // 10, min(picture.size) // 6
    for colour, width in (((0, 0, 0), 3 * stroke), ((255, 255, 255), stroke)):
        for sign in (-1, 1):
            draw.line([(x + sign * near, y), (x + sign * far, y)], colour, width)
            draw.line([(x, y + sign * near), (x, y + sign * far)], colour, width)
    return picture


def _ids_for(request: PictureRequest, size: tuple[int, int], whole: tuple[int, int] | None) -> "Image.Image | None":
    if request.view == "prediction":
        return _read_ids(_needed(request.prediction, request, "prediction"), size, request.viewport, whole)
    if request.mask is None and request.view == "image":
        return None
    return _read_ids(_needed(request.mask, request, "mask"), size, request.viewport, whole)


def _needed(path: Path | None, request: PictureRequest, what: str) -> Path:
    if path is None:
        advice = (
            "evaluate a run on its split or predict it, then choose that with E"
            if what == "prediction"
            else "its split has none"
        )
        raise BadFileError(f"missing-{what}", request.image, f"this image has no {what}: {advice}")
    return path


def _read_ids(
    path: Path, size: tuple[int, int], viewport: Viewport | None, whole: tuple[int, int] | None
) -> "Image.Image":
    """Class ids as mode P: 255 becomes 19, whatever is no class too."""
    from PIL import Image

    values = read_mask_values(path, strict=False)
    if viewport is not None and whole is not None:
        values = values.crop(_part(viewport, whole, values.size))
    small = values.resize(size, Image.Resampling.NEAREST)
    table = [v if v < UNKNOWN else UNKNOWN for v in range(256)]
    table[RAW_UNKNOWN] = UNKNOWN
    ids = small.point(table)
    return Image.frombytes("P", ids.size, ids.tobytes())


def _error_map(photo: "Image.Image", actual: "Image.Image", predicted: "Image.Image") -> "Image.Image":
    """Grey photograph; green where right, red where wrong, untinted where the actual class is unknown."""
    from PIL import Image, ImageChops

    grey = photo.convert("L").convert("RGB")
    actual_l, predicted_l = (Image.frombytes("L", i.size, i.tobytes()) for i in (actual, predicted))
    wrong = ImageChops.difference(actual_l, predicted_l).point(lambda v: 255 if v else 0)
    known = actual_l.point(lambda v: 0 if v == UNKNOWN else 255)
    tint = Image.composite(Image.new("RGB", photo.size, WRONG), Image.new("RGB", photo.size, RIGHT), wrong)
    return Image.composite(Image.blend(grey, tint, 0.62), grey, known)


def _highlighted(painted: "Image.Image", photo: "Image.Image", ids: "Image.Image", class_id: int) -> "Image.Image":
    """One class in full colour over the dimmed photograph."""
    from PIL import Image

    chosen = Image.frombytes("L", ids.size, ids.tobytes()).point(lambda v: 255 if v == class_id else 0)
    dim = Image.blend(photo.convert("L").convert("RGB"), Image.new("RGB", photo.size, SHADOW), 0.55)
    strong = Image.blend(photo, Image.new("RGB", photo.size, _vivid(class_id)), 0.5)
    return Image.composite(strong, dim, chosen)


def _vivid(class_id: int) -> tuple[int, int, int]:
    """The class's colour, brightened where it is too dark to be seen on a dim photograph."""
    red, green, blue = CLASSES[class_id].color
    lift = max(0, 170 - max(red, green, blue))
    return red + lift, green + lift, blue + lift


@dataclass(frozen=True)
class PixelClasses:
    """Class ids (0..19) of one pixel; None where there is no mask or prediction, or it cannot be read."""

    actual: int | None
    predicted: int | None


def pixel_classes(request: PictureRequest, pixel: tuple[int, int], image: tuple[int, int]) -> PixelClasses:
    """What an image of (width, height) has at a pixel (x, y), in its mask and its prediction; blocks."""
    return PixelClasses(_class_at(request.mask, pixel, image), _class_at(request.prediction, pixel, image))


def _class_at(path: Path | None, pixel: tuple[int, int], image: tuple[int, int]) -> int | None:
    if path is None:
        return None
    try:
        values = read_mask_values(path, strict=False)
    except BadFileError:
        return None
    x, y = pixel[0] * values.width // image[0], pixel[1] * values.height // image[1]
    value = int(values.crop((x, y, x + 1, y + 1)).tobytes()[0])
    return value if value < UNKNOWN else UNKNOWN
