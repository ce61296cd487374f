"""Pictures in the colours that a terminal with 256 or 16 of them has."""

from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image

from bddseg_tui.tui.terminal.few_colors import EIGHT_BIT, NUMBERS, FewColors, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def color_numbers(
    picture: Image.Image, colors: FewColors, flat: bool, paper: tuple[int, int, int] | None = None
) -> "NDArray[np.int64]":
    """The number (H, W) of each pixel's colour.

    Args:
        picture: RGB.
        colors: how many the terminal has.
        flat: each colour becomes the nearest one; else they are mixed of neighbouring pixels (Floyd and Steinberg).
        paper: a colour that becomes the nearest one in any case: mixed, what is around and between pictures has specks.
    """
    import numpy as np

    if not flat:
        dithered = picture.quantize(palette=_palette(colors), dither=Image.Dither.FLOYDSTEINBERG)
        mixed = np.asarray(dithered).astype(np.int64) + NUMBERS[colors].start
        if paper is not None:
            mixed[(np.asarray(picture) == np.array(paper, np.uint8)).all(axis=2)] = nearest(paper, colors)
        return mixed
    pixels = np.asarray(picture, np.int64)
    codes, where = np.unique(pixels @ np.array([1 << 16, 1 << 8, 1]), return_inverse=True)
    known = [nearest((code >> 16, code >> 8 & 255, code & 255), colors) for code in codes.tolist()]
    numbers: NDArray[np.int64] = np.array(known, np.int64)[where].reshape(pixels.shape[:2])
    return numbers


def colors_of(numbers: "NDArray[np.int64]") -> Image.Image:
    """The picture that has these numbers."""
    import numpy as np

    return Image.fromarray(np.array(EIGHT_BIT, np.uint8)[numbers])


@lru_cache(maxsize=2)
def _palette(colors: FewColors) -> Image.Image:
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for number in NUMBERS[colors] for channel in EIGHT_BIT[number]])
    return palette
