"""Pictures of a sample: image, mask, overlay, prediction and errors, composed at the size they are shown at.

Pillow alone, no numpy: its table look-ups are as fast here, and the app need not spend the time to import numpy.
Even Pillow is imported with the first picture: the list is there before.
Masks are scaled by nearest neighbour before they get colours, so that no colour appears which is no class.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bddseg_tui.core.classes import PALETTE, RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.data import area_runs
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_size
from bddseg_tui.core.data.picture_marks import FINE, Dot, with_crosshair, with_outline
from bddseg_tui.core.data.recent_files import recent_image, recent_mask_values
from bddseg_tui.core.data.viewport import Box, Pixel, Placement, Viewport, filling

if TYPE_CHECKING:
    from PIL import Image

View = Literal["image", "mask", "overlay", "prediction", "error", "outcome", "four"]
VIEWS: tuple[View, ...] = ("image", "mask", "overlay", "prediction", "error", "four")
"""Those that follow each other; `outcome` is of one class."""
NATIVE_FROM = 3.0
"""Magnification from which on a pixel of an image is drawn as a square, not smoothed."""
GAP = 2
"""Between panels, as a multiple of a dot."""


@dataclass(frozen=True)
class Outline:
    """An area of the image with a line around it.

    Attributes:
        rows: its pixels, as `area_runs.packed` makes bytes of them.
        instead: the class id that it has in the view `prediction` where there is none: the mask, as a model would
            have it there.
    """

    rows: bytes
    instead: int | None = None


@dataclass(frozen=True)
class PictureRequest:
    """What is to be seen.

    Attributes:
        image: the file.
        mask: likewise, where there is one.
        prediction: likewise.
        view: `outcome` is what became of one class (right, false and missed pixels), `four` is several views at once.
        opacity: of the overlay, 0..1.
        highlight: a class id; None for all.
        viewport: the part of the image that is shown, at its full resolution; None for all of it.
        cross: the pixel (x, y) that the crosshair is on.
        contours: in the overlay borders instead of areas.
        outline: an area that is pointed at.
    """

    image: Path
    mask: Path | None
    prediction: Path | None = None
    view: View = "image"
    opacity: float = 0.5
    highlight: int | None = None
    viewport: Viewport | None = None
    cross: Pixel | None = None
    contours: bool = False
    outline: Outline | None = None


@dataclass(frozen=True)
class Composed:
    """A picture (RGB), and where in it what is shown of the image lies."""

    picture: "Image.Image"
    placement: Placement


def compose(request: PictureRequest, size: tuple[int, int], palette: tuple[int, ...] = PALETTE) -> "Image.Image":
    """Draws a request as RGB, as large as fits into `size` (width, height) at the image's own aspect.

    `palette` has red, green and blue of each class, one after another.

    Raises:
        BadFileError: a file that the view needs is missing or cannot be read.
    """
    return composed(request, size, palette).picture


def composed(
    request: PictureRequest,
    size: tuple[int, int],
    palette: tuple[int, ...] = PALETTE,
    dot: Dot = FINE,
    paper: tuple[int, int, int] = (0, 0, 0),
) -> Composed:
    """As `compose`, with where everything lies. A zoomed picture fills `size` as far as the image goes.

    `dot` is the size of what can be told apart in the picture: stripes, borders and the crosshair are made of them.
    `paper` is the colour between panels.

    Raises:
        BadFileError: a file that the view needs is missing or cannot be read.
    """
    from PIL import Image

    panels = panels_of(request)
    columns, rows = (2, 2) if len(panels) > 2 else (len(panels), 1)
    gap = round(GAP * dot[0]), round(GAP * dot[1])
    room = max(1, (size[0] - (columns - 1) * gap[0]) // columns), max(1, (size[1] - (rows - 1) * gap[1]) // rows)
    photo, part, whole = _photograph(request, room)
    width, height = photo.size
    boxes: list[Box] = []
    picture = Image.new("RGB", (columns * (width + gap[0]) - gap[0], rows * (height + gap[1]) - gap[1]), paper)
    for number, panel in enumerate(panels):
        drawn = _drawn(panel, photo, _Part(part, whole), palette, dot)
        if request.outline is not None:
            drawn = with_outline(drawn, _inside(request.outline, _Part(part, whole), photo.size), dot)
        if request.cross is not None and part.holds(request.cross):
            drawn = with_crosshair(drawn, part, request.cross, dot)
        if len(panels) == 1:
            return Composed(drawn, Placement(part, ((0, 0, width, height),), drawn.size))
        box = number % columns * (width + gap[0]), number // columns * (height + gap[1]), width, height
        picture.paste(drawn, box[:2])
        boxes.append(box)
    return Composed(picture, Placement(part, tuple(boxes), picture.size))


def panels_of(request: PictureRequest) -> tuple[PictureRequest, ...]:
    """The single views that are shown at once, in reading order: one, or at most four of those that there are."""
    if request.view != "four":
        return (request,)
    views: list[View] = ["image"]
    if request.mask is not None:
        views.append("mask")
    if request.prediction is not None:
        views.append("prediction")
    if request.mask is not None:
        views += ["error"] if request.prediction is not None else ["overlay"]
    panels = [replace(request, view=view, contours=False) for view in views]
    # The photograph as it is: the class is highlighted beside it.
    panels[0] = replace(panels[0], highlight=None)
    if request.mask is not None and request.prediction is None:
        panels.append(replace(request, view="overlay", contours=True))
    return tuple(panels)


@dataclass(frozen=True)
class _Part:
    """What is shown of an image of so many pixels."""

    viewport: Viewport
    whole: tuple[int, int]


def _photograph(request: PictureRequest, size: tuple[int, int]) -> "tuple[Image.Image, Viewport, tuple[int, int]]":
    """The photograph as large as fits, which part of the image that is, and the image's size.

    Where only class colours are seen it is not decoded, which takes a quarter of the time, and is black.
    """
    from PIL import Image

    if request.view in ("mask", "prediction") and request.highlight is None:
        whole = read_size(request.image)
        part = filling(request.viewport, whole, size) if request.viewport else Viewport(0, 0, *whole)
        return Image.new("RGB", _fitted((part.width, part.height), size)), part, whole
    if request.viewport is None:
        photo = fit(read_image(request.image, at_least=size), size)
        whole = read_size(request.image)
        return photo, Viewport(0, 0, *whole), whole
    image = recent_image(request.image)
    part = filling(request.viewport, image.size, size)
    return fit(image.crop(_edges(part, image.size, image.size)), size, native=True), part, image.size


def _drawn(
    request: PictureRequest, photo: "Image.Image", part: _Part, palette: tuple[int, ...], dot: Dot
) -> "Image.Image":
    """One view over the photograph as it is shown."""
    from bddseg_tui.core.data import painting

    view, highlight = request.view, request.highlight
    if view == "image" and (highlight is None or request.mask is None):
        return photo
    outline = request.outline
    if view == "prediction" and request.prediction is None and outline is not None and outline.instead is not None:
        ids = _read_ids(_needed(request.mask, request, "mask"), photo.size, part)
        ids.paste(outline.instead, mask=_inside(outline, part, photo.size))
    elif view == "prediction":
        ids = _read_ids(_needed(request.prediction, request, "prediction"), photo.size, part)
    else:
        ids = _read_ids(_needed(request.mask, request, "mask"), photo.size, part)
    if view in ("error", "outcome"):
        predicted = _read_ids(_needed(request.prediction, request, "prediction"), photo.size, part)
        if view == "error" or highlight is None:
            return painting.errors(photo, ids, predicted, dot)
        return painting.outcomes(photo, ids, predicted, highlight, dot)
    if view == "overlay" and request.contours:
        return painting.contours(photo, ids, palette, dot, highlight)
    if highlight is not None:
        return painting.highlighted(photo, ids, highlight)
    painted = painting.painted(ids, palette, dot)
    return painting.blended(photo, painted, request.opacity) if view == "overlay" else painted


def _inside(outline: Outline, part: _Part, size: tuple[int, int]) -> "Image.Image":
    """Where an area is in a picture of (width, height), mode L: what is smaller than a pixel takes a whole one."""
    from PIL import Image

    edges = _edges(part.viewport, part.whole, part.whole)
    area = area_runs.drawn(area_runs.unpacked(outline.rows), part.whole, edges)
    if size[0] > area.width:
        return area.resize(size, Image.Resampling.NEAREST)
    return area.resize(size, Image.Resampling.BOX).point(lambda v: 255 if v else 0)


def fit(picture: "Image.Image", size: tuple[int, int], native: bool = False) -> "Image.Image":
    """The picture scaled to the largest size within (width, height) that keeps its aspect.

    With `native` a pixel becomes a square from NATIVE_FROM times its size on.
    """
    from PIL import Image

    target, scale = _fitted(picture.size, size), min(size[0] / picture.width, size[1] / picture.height)
    way = Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC
    if native and scale >= NATIVE_FROM:
        way = Image.Resampling.NEAREST
    return picture if picture.size == target else picture.resize(target, way, reducing_gap=2.0)


def _fitted(picture: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest (width, height) within `size` that has a picture's aspect."""
    scale = min(size[0] / picture[0], size[1] / picture[1])
    return max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale))


def _edges(part: Viewport, whole: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int, int, int]:
    """A part of an image as (left, top, right, bottom) of a picture of it that may have another size."""
    across, down = picture[0] / whole[0], picture[1] / whole[1]
    left, top = min(picture[0] - 1, round(part.x * across)), min(picture[1] - 1, round(part.y * down))
    right, bottom = round((part.x + part.width) * across), round((part.y + part.height) * down)
    return left, top, min(picture[0], max(left + 1, right)), min(picture[1], max(top + 1, bottom))


def _needed(path: Path | None, request: PictureRequest, what: str) -> Path:
    if path is None:
        advice = (
            "evaluate a run on its split or predict it, then choose that with E"
            if what == "prediction"
            else "its split has none"
        )
        raise BadFileError(f"missing-{what}", request.image, f"this image has no {what}: {advice}")
    return path


def _read_ids(path: Path, size: tuple[int, int], part: _Part) -> "Image.Image":
    """Class ids as mode P: 255 becomes 19, whatever is no class too."""
    from PIL import Image

    values = recent_mask_values(path)
    small = values.resize(size, Image.Resampling.NEAREST, _edges(part.viewport, part.whole, values.size))
    table = [v if v < UNKNOWN else UNKNOWN for v in range(256)]
    table[RAW_UNKNOWN] = UNKNOWN
    ids = small.point(table)
    return Image.frombytes("P", ids.size, ids.tobytes())
