"""Colours of curves that can be seen on the theme's ground: a class's own, made lighter or darker as far as needed."""

from functools import lru_cache

from rich.color import Color

from bddseg_tui.tui.terminal.oklab import Rgb, oklab

LIGHT_ENOUGH, DARK_ENOUGH = 55.0, 62.0
"""OKLab lightness (0..100) that a thin line needs at least on a dark ground, and may have at most on a light one."""


@lru_cache(maxsize=256)
def line_color(color: str, dark: bool) -> str:
    """The colour of a line, `#rrggbb` or `rgb(...)` as Rich reads it, on a dark ground or a light one; hues stay."""
    rgb: Rgb = tuple(Color.parse(color).get_truecolor())  # type: ignore[assignment]
    end = (255, 255, 255) if dark else (0, 0, 0)
    for twentieth in range(21):
        red, green, blue = (round(c + (e - c) * twentieth / 20) for c, e in zip(rgb, end, strict=True))
        lightness = oklab((red, green, blue))[0]
        if (lightness >= LIGHT_ENOUGH) if dark else (lightness <= DARK_ENOUGH):
            return f"rgb({red},{green},{blue})"
    return color
