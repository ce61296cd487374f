"""The part of an image that is shown, in the image's own pixels: zooming and panning without leaving it."""

from dataclasses import dataclass

SMALLEST = 8
"""Pixels of the shorter side at the highest zoom."""
ZOOM = 2
PAN = 0.25
"""Of the width or height, by a step."""
ROOM = 1.6
"""What is shown of an image around something that is looked for, as a multiple of its own size."""

Pixel = tuple[int, int]
Box = tuple[int, int, int, int]
"""Left, top, width, height."""


@dataclass(frozen=True)
class Viewport:
    """A part of an image: its corner at the top left, and its size, all in pixels of the image."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> Pixel:
        """The pixel (x, y) in the middle."""
        return self.x + self.width // 2, self.y + self.height // 2

    def holds(self, pixel: Pixel) -> bool:
        """Whether a pixel of the image is in this part."""
        return 0 <= pixel[0] - self.x < self.width and 0 <= pixel[1] - self.y < self.height


@dataclass(frozen=True)
class Placement:
    """Where what is shown of an image lies in a picture.

    Attributes:
        part: what is shown of the image.
        panels: where it is in the picture, in pixels of that: once for each view that is shown.
        size: (width, height) of the picture.
    """

    part: Viewport
    panels: tuple[Box, ...]
    size: tuple[int, int]

    def pixel_at(self, across: float, down: float) -> Pixel | None:
        """The image's pixel at a place (0..1) of the picture; None beside the panels."""
        x, y = across * self.size[0], down * self.size[1]
        for left, top, width, height in self.panels:
            if left <= x < left + width and top <= y < top + height:
                column = self.part.x + int((x - left) * self.part.width / width)
                return column, self.part.y + int((y - top) * self.part.height / height)
        return None

    @property
    def pixels_across(self) -> float:
        """Pixels of the image in the whole width of the picture."""
        return self.part.width * self.size[0] / self.panels[0][2]

    @property
    def pixels_down(self) -> float:
        """Pixels of the image in the whole height of the picture."""
        return self.part.height * self.size[1] / self.panels[0][3]


def zoomed(viewport: Viewport | None, image: tuple[int, int], steps: int, at: Pixel | None = None) -> Viewport | None:
    """Twice as near (1) or half as near (-1) for each step; None is the whole image of (width, height) pixels.

    The pixel `at` stays where it is in the picture; if left out, the one in the middle.
    """
    now = viewport or Viewport(0, 0, *image)
    factor = float(ZOOM) ** steps
    width, height = now.width / factor, now.height / factor
    if width >= image[0] or height >= image[1]:
        return None
    if min(width, height) < min(SMALLEST, *image):
        return viewport
    x, y = at or now.centre
    width, height = max(1, round(width)), max(1, round(height))
    if at is None:
        return _inside(Viewport(x - width // 2, y - height // 2, width, height), image)
    left, top = x - (x - now.x + 0.5) / factor + 0.5, y - (y - now.y + 0.5) / factor + 0.5
    return _inside(Viewport(round(left), round(top), width, height), image)


def panned(viewport: Viewport | None, image: tuple[int, int], right: int, down: int) -> Viewport | None:
    """Moved by so many steps, each a quarter of what is shown; the edge of the image stops it."""
    if viewport is None:
        return None
    right *= max(1, round(PAN * viewport.width))
    return moved(viewport, image, right, down * max(1, round(PAN * viewport.height)))


def moved(viewport: Viewport, image: tuple[int, int], right: int, down: int) -> Viewport:
    """Moved by so many pixels; the edge of the image stops it."""
    return _inside(Viewport(viewport.x + right, viewport.y + down, viewport.width, viewport.height), image)


def centred(viewport: Viewport, image: tuple[int, int], pixel: Pixel) -> Viewport:
    """The same size around a pixel, as far as the edge of the image allows."""
    return moved(viewport, image, pixel[0] - viewport.centre[0], pixel[1] - viewport.centre[1])


def around(box: Box, image: tuple[int, int]) -> Viewport | None:
    """A part with the image's aspect around a box, with some room; None where that is all of the image."""
    left, top, width, height = box
    shorter = min(SMALLEST, *image)
    scale = min(image[0] / (ROOM * width), image[1] / (ROOM * height), min(image) / shorter)
    if scale <= 1:
        return None
    size = max(1, round(image[0] / scale)), max(1, round(image[1] / scale))
    middle = left + width // 2, top + height // 2
    return _inside(Viewport(middle[0] - size[0] // 2, middle[1] - size[1] // 2, *size), image)


def filling(viewport: Viewport, image: tuple[int, int], size: tuple[int, int]) -> Viewport:
    """The viewport with as much more of the image as a picture of (width, height) has room for beside or below it."""
    scale = min(size[0] / viewport.width, size[1] / viewport.height)
    width, height = min(image[0], round(size[0] / scale)), min(image[1], round(size[1] / scale))
    width, height = max(width, viewport.width), max(height, viewport.height)
    x, y = viewport.x - (width - viewport.width) // 2, viewport.y - (height - viewport.height) // 2
    return _inside(Viewport(x, y, width, height), image)


def _inside(viewport: Viewport, image: tuple[int, int]) -> Viewport:
    x = min(max(0, viewport.x), image[0] - viewport.width)
    y = min(max(0, viewport.y), image[1] - viewport.height)
    return Viewport(x, y, viewport.width, viewport.height)
