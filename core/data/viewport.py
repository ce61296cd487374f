"""The part of an image that is shown, in the image's own pixels: zooming and panning without leaving it."""

from dataclasses import dataclass

SMALLEST = 8
"""Pixels of the shorter side at the highest zoom."""
ZOOM = 2
PAN = 0.25
"""Of the width or height, by a step."""


@dataclass(frozen=True)
class Viewport:
    """A part of an image: its corner at the top left, and its size, all in pixels of the image."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[int, int]:
        """The pixel (x, y) in the middle, which the crosshair is on."""
        return self.x + self.width // 2, self.y + self.height // 2


def zoomed(viewport: Viewport | None, image: tuple[int, int], steps: int) -> Viewport | None:
    """Twice as near (1) or half as near (-1) for each step; None is the whole image of (width, height) pixels."""
    now = viewport or Viewport(0, 0, *image)
    factor = ZOOM**steps
    width, height = now.width / factor, now.height / factor
    if width >= image[0] or height >= image[1]:
        return None
    if min(width, height) < min(SMALLEST, *image):
        return viewport
    centre_x, centre_y = now.centre
    width, height = max(1, round(width)), max(1, round(height))
    return _inside(Viewport(centre_x - width // 2, centre_y - height // 2, width, height), image)


def panned(viewport: Viewport | None, image: tuple[int, int], right: int, down: int) -> Viewport | None:
    """Moved by so many steps, each a quarter of what is shown; the edge of the image stops it."""
    if viewport is None:
        return None
    x = viewport.x + right * max(1, round(PAN * viewport.width))
    y = viewport.y + down * max(1, round(PAN * viewport.height))
    return _inside(Viewport(x, y, viewport.width, viewport.height), image)


def _inside(viewport: Viewport, image: tuple[int, int]) -> Viewport:
    x = min(max(0, viewport.x), image[0] - viewport.width)
    y = min(max(0, viewport.y), image[1] - viewport.height)
    return Viewport(x, y, viewport.width, viewport.height)
