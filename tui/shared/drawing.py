"""A picture composed and encoded for so many cells: what a thread does for a `PictureView`."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from textual.strip import Strip

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.data.viewport import Placement
from bddseg_tui.tui.terminal.class_colors import class_palette
from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.picture_limit import SLOW_LINE
from bddseg_tui.tui.terminal.protocol import ImageProtocol, cell_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

    from bddseg_tui.core.data.pictures import Composed
    from bddseg_tui.tui.terminal.cell_glyphs import CellKind


CLASS_VIEWS = ("mask", "prediction", "error", "outcome")
"""Views whose colours mean something by themselves."""
_DOT, _COARSE_DOT = (2.0, 2.0), (4.0, 4.0)
"""Pixels that are told apart where a terminal draws pixels; over a slow line they are fewer."""


@dataclass(frozen=True)
class Wanted:
    """A picture as it is wanted.

    Attributes:
        request: what is to be seen.
        cells: the (columns, rows) that it is to fit.
        protocol: how it is sent.
        limit: the bytes that it may take.
        colors: how many the terminal has.
        paper: the colour around it, which fills what is left of the cells at its edges.
    """

    request: PictureRequest
    cells: tuple[int, int]
    protocol: ImageProtocol
    limit: int
    colors: Colors = "truecolor"
    paper: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Drawn:
    """A picture that is ready.

    Attributes:
        cells: (columns, rows) that it covers, the last of each maybe in part.
        shape: how many it has exactly.
        placement: where in it what is shown of the image lies.
        strips: characters, or Kitty placeholders. Those of a raster are made later, if at all.
        raster: a Sixel or iTerm2's picture; `strips` are for when it can't be drawn whole.
        kitty: what is sent once, before the placeholders of `image_id` are written.
        image_id: Kitty's name of it.
    """

    cells: tuple[int, int]
    shape: tuple[float, float]
    placement: Placement
    strips: list[Strip]
    raster: str = ""
    kitty: str = ""
    image_id: int | None = None

    @property
    def lacks_characters(self) -> bool:
        """Whether it can be drawn whole alone so far."""
        return bool(self.raster) and not self.strips


def draw(wanted: Wanted) -> Drawn:
    """Composes and encodes a picture; blocks.

    Raises:
        BadFileError: a file cannot be read.
    """
    found = _composed(wanted)
    (wide, high), picture, placement = cell_pixels(), found.picture, found.placement
    shape = picture.width / wide, picture.height / high
    used = -(-picture.width // wide), -(-picture.height // high)
    if wanted.protocol in ("sixel", "iterm2"):
        return Drawn(used, shape, placement, [], raster=_raster(picture, used, wanted))
    if wanted.protocol == "kitty":
        from bddseg_tui.tui.terminal.kitty import encode_kitty

        whole = _padded(picture, (used[0] * wide, used[1] * high), wanted.paper)
        kitty = encode_kitty(whole, used, wanted.limit)
        return Drawn(used, shape, placement, kitty.strips, kitty=kitty.data, image_id=kitty.image_id)
    strips, shape = _characters(found, wanted, cast("CellKind", wanted.protocol))
    return Drawn((strips[0].cell_length, len(strips)), shape, placement, strips)


def with_characters(wanted: Wanted, drawn: Drawn) -> Drawn:
    """A raster with what is drawn where it can't be drawn whole; blocks.

    Raises:
        BadFileError: a file cannot be read any more.
    """
    return replace(drawn, strips=_characters(_composed(wanted), wanted, "quadrant")[0])


def plain(request: PictureRequest) -> PictureRequest:
    """Opacity and contours matter to overlays alone, so other views stay the same picture when they change."""
    if request.view == "overlay":
        return replace(request, opacity=0.5) if request.contours else request
    return replace(request, opacity=request.opacity if request.view == "four" else 0.5, contours=False)


def _composed(wanted: Wanted) -> "Composed":
    from bddseg_tui.core.data.pictures import composed

    columns, rows = wanted.cells
    wide, high = cell_pixels()
    if wanted.protocol == "kitty":
        from bddseg_tui.tui.terminal.kitty import MOST_CELLS

        columns, rows = min(columns, MOST_CELLS), min(rows, MOST_CELLS)
    size, palette = (columns * wide, rows * high), class_palette(wanted.colors)
    return composed(wanted.request, size, palette, _dot(wanted, wide, high), wanted.paper)


def _raster(picture: "Image", cells: tuple[int, int], wanted: Wanted) -> str:
    if wanted.protocol == "sixel":
        from bddseg_tui.tui.terminal.sixel import encode_sixel

        wide, high = cell_pixels()
        return encode_sixel(picture, wanted.limit, (cells[0] * wide, cells[1] * high), wanted.paper)
    from bddseg_tui.tui.terminal.iterm2 import encode_iterm2

    return encode_iterm2(picture, cells, wanted.limit)


def _dot(wanted: Wanted, wide: int, high: int) -> tuple[float, float]:
    """The size in pixels of what can be told apart."""
    from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS

    if (kind := wanted.protocol) in CELL_KINDS:
        across, down = CELL_KINDS[kind]
        return wide / across, high / down
    return _DOT if wanted.limit > SLOW_LINE else _COARSE_DOT


def _characters(found: "Composed", wanted: Wanted, kind: "CellKind") -> tuple[list[Strip], tuple[float, float]]:
    """The strips, and how many cells across and down the picture is in them.

    It has as many of the parts of cells as come nearest to its size. Where there are few colours, whole cells: the
    colour beside it, which would be mixed with others, would be seen.
    """
    from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS
    from bddseg_tui.tui.terminal.cells import cell_strips

    (wide, high), (across, down), picture = cell_pixels(), CELL_KINDS[kind], found.picture
    if wanted.colors == "truecolor":
        dots = max(1, round(picture.width * across / wide)), max(1, round(picture.height * down / high))
    else:
        dots = across * max(1, round(picture.width / wide)), down * max(1, round(picture.height / high))
    columns, rows = -(-dots[0] // across), -(-dots[1] // down)
    small = _padded(_in_dots(found, wanted.request, dots), (columns * across, rows * down), wanted.paper)
    fine = wanted.limit > SLOW_LINE
    strips = cell_strips(small, kind, fine, wanted.colors, _is_flat(wanted.request), wanted.paper)
    return strips, (dots[0] / across, dots[1] / down)


def _in_dots(found: "Composed", request: PictureRequest, dots: tuple[int, int]) -> "Image":
    """The picture scaled to (width, height), without a mean of two classes' colours, which is a third class's."""
    from PIL import Image

    from bddseg_tui.core.data.pictures import panels_of

    picture, panels = found.picture, panels_of(request)
    exact = [panel.view in CLASS_VIEWS for panel in panels]
    if all(exact):
        return picture.resize(dots, Image.Resampling.NEAREST)
    small = picture.resize(dots, Image.Resampling.BOX)
    across, down = dots[0] / picture.width, dots[1] / picture.height
    for (left, top, width, height), is_exact in zip(found.placement.panels, exact, strict=True):
        if is_exact:
            at = round(left * across), round(top * down)
            size = round((left + width) * across) - at[0], round((top + height) * down) - at[1]
            part = picture.crop((left, top, left + width, top + height))
            small.paste(part.resize(size, Image.Resampling.NEAREST), at)
    return small


def _padded(picture: "Image", size: tuple[int, int], paper: tuple[int, int, int]) -> "Image":
    """The picture at the top left of one of (width, height)."""
    from PIL import Image

    if picture.size == size:
        return picture
    whole = Image.new("RGB", size, paper)
    whole.paste(picture)
    return whole


def _is_flat(request: PictureRequest) -> bool:
    """Whether all of it has classes' own colours."""
    marked = request.cross is not None or request.outline is not None
    return request.view in ("mask", "prediction") and request.highlight is None and not marked
