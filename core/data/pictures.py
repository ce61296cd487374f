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

if TYPE_CHECKING:
    from PIL import Image

View = Literal["image", "mask", "overlay", "prediction", "error"]
VIEWS: tuple[View, ...] = ("image", "mask", "overlay", "prediction", "error")
RIGHT = (40, 90, 60)
WRONG = (236, 72, 60)
SHADOW = (0, 0, 0)


@dataclass(frozen=True)
class PictureRequest:
    """What is to be seen. `opacity` (0..1) is the overlay's; `highlight` is a class id or None."""

    image: Path
    mask: Path | None
    prediction: Path | None = None
    view: View = "image"
    opacity: float = 0.5
    highlight: int | None = None


def compose(request: PictureRequest, size: tuple[int, int]) -> "Image.Image":
    """Draws a request as RGB, as large as fits into `size` (width, height) at the image's own aspect.

    Raises:
        BadFileError: a file that the view needs is missing or cannot be read.
    """
    from PIL import Image

    photo = fit(read_image(request.image, at_least=size), size)
    if request.view == "image" and request.highlight is None:
        return photo
    ids = _ids_for(request, photo.size)
    if ids is None:
        return photo
    if request.view == "error":
        return _error_map(photo, ids, _read_ids(_needed(request.prediction, request, "prediction"), photo.size))
    colours = ids.copy()
    colours.putpalette(PALETTE)
    painted = colours.convert("RGB")
    if request.view in ("overlay", "image"):
        painted = Image.blend(photo, painted, request.opacity if request.view == "overlay" else 0.0)
    return _highlighted(painted, photo, ids, request.highlight) if request.highlight is not None else painted


def fit(picture: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    """The picture scaled to the largest size within (width, height) that keeps its aspect."""
    from PIL import Image

    scale = min(size[0] / picture.width, size[1] / picture.height)
    target = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    way = Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC
    return picture if picture.size == target else picture.resize(target, way, reducing_gap=2.0)


def _ids_for(request: PictureRequest, size: tuple[int, int]) -> "Image.Image | None":
    if request.view == "prediction":
        return _read_ids(_needed(request.prediction, request, "prediction"), size)
    if request.mask is None and request.view == "image":
        return None
    return _read_ids(_needed(request.mask, request, "mask"), size)


def _needed(path: Path | None, request: PictureRequest, what: str) -> Path:
    if path is None:
        advice = (
            "evaluate a run on its split or predict it, then choose that with E"
            if what == "prediction"
            else "its split has none"
        )
        raise BadFileError(f"missing-{what}", request.image, f"this image has no {what}: {advice}")
    return path


def _read_ids(path: Path, size: tuple[int, int]) -> "Image.Image":
    """Class ids as mode P: 255 becomes 19, whatever is no class too."""
    from PIL import Image

    small = read_mask_values(path, strict=False).resize(size, Image.Resampling.NEAREST)
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
