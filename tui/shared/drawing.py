"""A picture composed and encoded for so many cells: what a thread does for a `PictureView`."""

from dataclasses import dataclass

from textual.strip import Strip

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.tui.terminal.protocol import ImageProtocol, cell_pixels


@dataclass(frozen=True)
class Wanted:
    """A picture, the (columns, rows) that it is to fit, how it is sent, and the bytes it may take (None: any)."""

    request: PictureRequest
    cells: tuple[int, int]
    protocol: ImageProtocol
    limit: int | None = None


@dataclass(frozen=True)
class Drawn:
    """A picture that is ready, and its cells.

    Its strips are half-blocks, or Kitty placeholders; a Sixel has half-blocks for when it can't be drawn whole.
    `kitty` is sent once, before the placeholders of `image_id` are written.
    """

    cells: tuple[int, int]
    strips: list[Strip]
    sixel: str = ""
    kitty: str = ""
    image_id: int | None = None


def draw(wanted: Wanted) -> Drawn:
    """Composes and encodes a picture; blocks.

    Raises:
        BadFileError: a file cannot be read.
    """
    from bddseg_tui.core.data.pictures import compose
    from bddseg_tui.tui.terminal.halfblock import halfblock_strips

    columns, rows = wanted.cells
    if wanted.protocol == "halfblock":
        picture = compose(wanted.request, (columns, rows * 2))
        strips = halfblock_strips(picture)
        return Drawn((picture.width, len(strips)), strips)
    from PIL import Image

    cell = cell_pixels()
    picture = compose(wanted.request, (columns * cell[0], rows * cell[1]))
    used = (min(columns, max(1, picture.width // cell[0])), min(rows, max(1, picture.height // cell[1])))
    if wanted.protocol == "sixel":
        from bddseg_tui.tui.terminal.sixel import encode_sixel

        coarse = picture.resize((used[0], used[1] * 2), Image.Resampling.BOX)
        filling = picture.resize((used[0] * cell[0], used[1] * cell[1]), Image.Resampling.BILINEAR)
        return Drawn(used, halfblock_strips(coarse), sixel=encode_sixel(filling, wanted.limit))
    from bddseg_tui.tui.terminal.kitty import MOST_CELLS, encode_kitty

    used = min(used[0], MOST_CELLS), min(used[1], MOST_CELLS)
    kitty = encode_kitty(picture, used, wanted.limit)
    return Drawn(used, kitty.strips, kitty=kitty.data, image_id=kitty.image_id)
