"""The colours of terminals that have 256 or 16 of them."""

from functools import lru_cache
from typing import Literal

from rich.color import Color

from bddseg_tui.tui.terminal.oklab import Rgb, oklab

Colors = Literal["truecolor", "256", "16"]
FewColors = Literal["256", "16"]
_STEPS = (0, 95, 135, 175, 215, 255)
VGA: tuple[Rgb, ...] = (
    *((0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)),
    *((85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255)),
    (255, 255, 255),
)
"""The sixteen of the Linux console. Each terminal has its own, and lets people choose; these are taken for all."""
EIGHT_BIT: tuple[Rgb, ...] = (
    *VGA,
    *((red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS),
    *((8 + 10 * step, 8 + 10 * step, 8 + 10 * step) for step in range(24)),
)
"""All 256, a cube of colours and a row of greys behind the sixteen, as xterm has them and everybody after it."""
NUMBERS: dict[FewColors, range] = {"256": range(16, 256), "16": range(16)}
"""Those that are used. Of 256 the first 16 are not: what they look like is up to the person."""


@lru_cache(maxsize=8192)
def nearest(color: Rgb, colors: FewColors) -> int:
    """The number of the colour that looks most like one."""
    light, a, b = oklab(color)

    def distance(number: int) -> float:
        its_light, its_a, its_b = oklab(EIGHT_BIT[number])
        return (its_light - light) ** 2 + (its_a - a) ** 2 + (its_b - b) ** 2

    return min(NUMBERS[colors], key=distance)


@lru_cache(maxsize=256)
def numbered(number: int) -> Color:
    """A colour that Rich writes by its number, whatever number of colours it believes in."""
    return Color.from_ansi(number)


@lru_cache(maxsize=512)
def code(number: int, background: bool) -> str:
    """What selects a colour by its number; the first 16 are understood by every terminal."""
    if number < 16:
        return str((40 if background else 30) + number if number < 8 else (100 if background else 90) + number - 8)
    return f"{48 if background else 38};5;{number}"
