"""How far apart two colours look: OKLab.

Source: B. Ottosson, "A perceptual color space for image processing", https://bottosson.github.io/posts/oklab/ (2020).
colour-science was turned down: it is 40 MB with what it needs, for these two matrices.
"""

import math
from functools import lru_cache

Rgb = tuple[int, int, int]
"""Red, green and blue of sRGB, 0..255 each."""


@lru_cache(maxsize=16384)
def oklab(color: Rgb) -> tuple[float, float, float]:
    """(lightness, green to red, blue to yellow) of a colour; lightness is 0..100, the others on the same scale."""
    red, green, blue = (_linear(channel / 255) for channel in color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        100 * (0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short),
        100 * (1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short),
        100 * (0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short),
    )


def difference(a: Rgb, b: Rgb) -> float:
    """How different two colours look: 0 for the same, 2 is just seen side by side, 100 is black and white."""
    return math.dist(oklab(a), oklab(b))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
