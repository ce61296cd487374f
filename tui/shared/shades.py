"""A heat map in characters: how much by a shade, so that it is read without colours too."""

from collections.abc import Sequence

SHADES = " ·░▒▓█"


def shaded(values: Sequence[Sequence[float]], wide: int = 2) -> list[str]:
    """A line for each row of values (0 and more), each value `wide` cells; the largest is the darkest shade."""
    largest = max((value for row in values for value in row), default=0.0) or 1.0
    return ["".join(shade(value / largest) * wide for value in row) for row in values]


def shade(part: float) -> str:
    """The character of a part (0..1) of the largest; what is there at all is seen."""
    if part <= 0:
        return SHADES[0]
    return SHADES[min(len(SHADES) - 1, 1 + int(part * (len(SHADES) - 1)))]
