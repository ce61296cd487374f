"""A canvas that paints picture, class mask and instance map at once, seen through a pinhole camera.

Everything is drawn at twice the size; the picture is then averaged down, which smooths its edges, while mask and
instances keep every second pixel.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bddseg_tui.core.demo.scene import Rgb, Scene

CAMERA_HEIGHT = 1.45
FAR = 400.0
SCALE = 2
Point = tuple[float, float]


class Canvas:
    """Three pictures of one size, painted together, and the camera that looks at them."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        self.scene = scene
        self.size = (width, height)
        self.width, self.height = width * SCALE, height * SCALE
        self.focal = 0.92 * self.width
        self.horizon = scene.horizon * self.height
        self.image = Image.new("RGB", (self.width, self.height))
        self.mask = Image.new("L", (self.width, self.height), 255)
        self.instances = Image.new("I", (self.width, self.height), 0)
        self.pens = [ImageDraw.Draw(c) for c in (self.image, self.mask, self.instances)]
        self.depths: list[float] = [0.0]
        self.labels: list[int] = [-1]
        self.glows: list[tuple[float, float, float, Rgb, float, int]] = []

    def project(self, x: float, y: float, z: float) -> Point:
        """Canvas position of a point `x` metres right, `y` above the road and `z` ahead, on the curving road."""
        bend = self.scene.curve * z * z
        return (
            self.width / 2 + self.focal * (x + bend) / z,
            self.horizon + self.focal * (CAMERA_HEIGHT - y) / z,
        )

    def start(self, depth: float, label: int = -1) -> None:
        """Begins an instance: what is painted from now on is `depth` metres away and belongs to object `label`."""
        self.depths.append(depth)
        self.labels.append(label)

    def polygon(self, points: Sequence[Point], color: Rgb, class_id: int | None) -> None:
        """Paints a polygon; with no class only the picture changes (a window, a stripe)."""
        if len(points) < 3:
            return
        self.pens[0].polygon(points, fill=color)
        if class_id is not None:
            self.pens[1].polygon(points, fill=class_id)
            self.pens[2].polygon(points, fill=len(self.depths) - 1)

    def ellipse(self, box: tuple[float, float, float, float], color: Rgb, class_id: int | None) -> None:
        """Paints an ellipse in the box (left, top, right, bottom)."""
        left, top, right, bottom = box
        if right <= left or bottom <= top:
            return
        self.pens[0].ellipse(box, fill=color)
        if class_id is not None:
            self.pens[1].ellipse(box, fill=class_id)
            self.pens[2].ellipse(box, fill=len(self.depths) - 1)

    def box(self, left: float, top: float, right: float, bottom: float, color: Rgb, class_id: int | None) -> None:
        """Paints an upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], color, class_id)

    def ground(self, x0: float, x1: float, z0: float, z1: float, color: Rgb, class_id: int | None) -> None:
        """Paints a band of the ground between x0 and x1, following the road's curve."""
        steps = max(3, int(14 * np.log(z1 / z0)))
        zs = np.geomspace(z0, z1, steps)
        near_to_far = [self.project(x0, 0, z) for z in zs]
        self.polygon(near_to_far + [self.project(x1, 0, z) for z in zs[::-1]], color, class_id)

    def fence_strip(
        self, x: float, y0: float, y1: float, z0: float, z1: float, color: Rgb, class_id: int | None
    ) -> None:
        """Paints an upright band that runs along the road at `x`, from y0 to y1 above the ground."""
        zs = np.geomspace(z0, z1, max(3, int(10 * np.log(z1 / z0))))
        low = [self.project(x, y0, z) for z in zs]
        self.polygon(low + [self.project(x, y1, z) for z in zs[::-1]], color, class_id)

    def glow(self, x: float, y: float, radius: float, color: Rgb, strength: float) -> None:
        """Notes a light, to be added after the scene got its darkness; canvas coordinates."""
        self.glows.append((x / SCALE, y / SCALE, radius / SCALE, color, strength, len(self.depths) - 1))

    def finish(self) -> tuple[NDArray[np.float32], NDArray[np.uint8], NDArray[np.int32]]:
        """(picture float32 [h, w, 3] 0..255, raw mask uint8 [h, w], instance map int32 [h, w])."""
        picture = np.asarray(self.image.reduce(SCALE), dtype=np.float32)
        mask = np.asarray(self.mask)[::SCALE, ::SCALE].copy()
        instances = np.asarray(self.instances, dtype=np.int32)[::SCALE, ::SCALE].copy()
        return picture, mask, instances


def shade(color: Rgb, factor: float) -> Rgb:
    """The colour made darker (factor < 1) or lighter."""
    return tuple(int(min(255, max(0, c * factor))) for c in color)  # type: ignore[return-value]


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """`share` of b in a."""
    return tuple(int(p + (q - p) * share) for p, q in zip(a, b, strict=True))  # type: ignore[return-value]
