"""A picture composed and encoded for so many cells: what a thread does for a `PictureView`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.strip import Strip

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.terminal.class_colors import class_palette
from bddseg_tui.tui.terminal.few_colors import Colors
from bddseg_tui.tui.terminal.picture_limit import SLOW_LINE
from bddseg_tui.tui.terminal.protocol import ImageProtocol, cell_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

    from bddseg_tui.tui.terminal.cells import CellKind


CLASS_VIEWS = ("mask", "prediction", "error")
"""Views whose colours mean something by themselves."""


@dataclass(frozen=True)
class Wanted:
    """A picture, the (columns, rows) that it is to fit, how it is sent, the bytes that it may take, and its colours."""

    request: PictureRequest
    cells: tuple[int, int]
    protocol: ImageProtocol
    limit: int
    colors: Colors = "truecolor"


@dataclass(frozen=True)
class Drawn:
    """A picture that is ready, and its cells.

    Its strips are characters, or Kitty placeholders. `raster` is a Sixel or iTerm2's picture, with quadrants for when
    it can't be drawn whole. `kitty` is sent once, before the placeholders of `image_id` are written.
    """

    cells: tuple[int, int]
    strips: list[Strip]
    raster: str = ""
    kitty: str = ""
    image_id: int | None = None


def draw(wanted: Wanted) -> Drawn:
    """Composes and encodes a picture; blocks.

    Raises:
        BadFileError: a file cannot be read.
    """
    from bddseg_tui.core.data.pictures import compose

    (columns, rows), (wide, high) = wanted.cells, cell_pixels()
    picture = compose(wanted.request, (columns * wide, rows * high), class_palette(wanted.colors))
    used = -(-picture.width // wide), -(-picture.height // high)
    if wanted.protocol == "sixel":
        from bddseg_tui.tui.terminal.sixel import encode_sixel

        return Drawn(used, _characters(picture, wanted, "quadrant"), raster=encode_sixel(picture, wanted.limit))
    if wanted.protocol == "iterm2":
        from bddseg_tui.tui.terminal.iterm2 import encode_iterm2

        return Drawn(used, _characters(picture, wanted, "quadrant"), raster=encode_iterm2(picture, used, wanted.limit))
    if wanted.protocol == "kitty":
        from bddseg_tui.tui.terminal.kitty import MOST_CELLS, encode_kitty

        used = min(used[0], MOST_CELLS), min(used[1], MOST_CELLS)
        kitty = encode_kitty(picture, used, wanted.limit)
        return Drawn(used, kitty.strips, kitty=kitty.data, image_id=kitty.image_id)
    strips = _characters(picture, wanted, cast("CellKind", wanted.protocol))
    return Drawn((strips[0].cell_length, len(strips)), strips)


def _characters(picture: "Image", wanted: Wanted, kind: "CellKind") -> list[Strip]:
    """Cells have no part of a cell, so they are as many as come nearest to the picture's size."""
    from PIL import Image

    from bddseg_tui.tui.terminal.cells import CELL_KINDS, cell_strips

    (wide, high), (across, down) = cell_pixels(), CELL_KINDS[kind]
    columns, rows = max(1, round(picture.width / wide)), max(1, round(picture.height / high))
    # A mean of two classes' colours is a third class's.
    way = Image.Resampling.NEAREST if wanted.request.view in CLASS_VIEWS else Image.Resampling.BOX
    small, fine = picture.resize((columns * across, rows * down), way), wanted.limit > SLOW_LINE
    return cell_strips(small, kind, fine, wanted.colors, flat=_is_flat(wanted.request))


def _is_flat(request: PictureRequest) -> bool:
    """Whether all of it has classes' own colours."""
    return request.view in ("mask", "prediction") and request.highlight is None and request.viewport is None
