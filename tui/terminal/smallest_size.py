"""The smallest terminal that is laid out for: of a smaller one a part is drawn."""

from textual.events import Resize
from textual.geometry import Size

SMALLEST = Size(10, 4)
"""Cells. Where nothing is left of a line beside padding and bars, Rich cannot break it and ends the app."""


def no_smaller(event: Resize) -> Resize:
    """A change of size as the app hears of it."""
    size = Size(max(event.size.width, SMALLEST.width), max(event.size.height, SMALLEST.height))
    return event if size == event.size else Resize(size, size, pixel_size=event.pixel_size)
