"""What lies over the scene: texture, the light of the hour, fog, rain, snow, and the camera's own faults."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.demo.canvas import CAMERA_HEIGHT, FAR, SCALE, Canvas
from bddseg_tui.core.demo.scene import Scene

Picture = NDArray[np.float32]
# How rough each raw mask value looks: (fine grain, coarse patches), in grey levels.
_ROUGHNESS = {
    0: (9, 9),
    1: (9, 7),
    2: (8, 8),
    3: (9, 9),
    4: (9, 5),
    5: (6, 2),
    8: (30, 26),
    9: (20, 17),
    10: (1, 2),
    255: (11, 9),
}


def apply_atmosphere(
    canvas: Canvas, picture: Picture, mask: NDArray[np.uint8], instances: NDArray[np.int32], rng: np.random.Generator
) -> Picture:
    """Turns the flat painting into a photograph-like picture; float32 [h, w, 3], 0..255, in and out."""
    scene = canvas.scene
    picture = _texture(picture, mask, rng)
    if scene.weather == "rain":
        picture = _reflections(picture, mask, canvas.horizon / SCALE)
    picture = _light(picture, scene, rng)
    picture = _haze(picture, _depth_map(canvas, instances), scene, rng)
    picture = _glows(picture, canvas, instances)
    if scene.weather in ("rain", "snow"):
        picture = _falling(picture, scene, rng)
    return _camera(picture, scene, rng)


def _depth_map(canvas: Canvas, instances: NDArray[np.int32]) -> Picture:
    """Metres to what each pixel shows, float32 [h, w]: of the ground by geometry, of objects by their place."""
    height, width = instances.shape
    rows = np.arange(height, dtype=np.float32) * SCALE - canvas.horizon
    ground = np.where(rows > 0.5, canvas.focal * CAMERA_HEIGHT / np.maximum(rows, 0.5), FAR).astype(np.float32)
    table = np.asarray(canvas.depths, dtype=np.float32)
    depth = table[instances]
    return np.where(depth > 0, depth, np.broadcast_to(ground[:, None], (height, width))).clip(0, FAR)


@lru_cache(maxsize=4)
def _noise_tile(size: int, octave: int) -> Picture:
    """Smooth noise of one scale, float32 [size, size], mean 0 and deviation 1; the same in every process."""
    rng = np.random.default_rng([20, octave])
    small = rng.standard_normal((size // octave + 1, size // octave + 1)).astype(np.float32)
    tile = np.asarray(Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32)
    return np.asarray((tile - tile.mean()) / tile.std(), np.float32)


def _texture(picture: Picture, mask: NDArray[np.uint8], rng: np.random.Generator) -> Picture:
    height, width = mask.shape
    size = 1 << int(np.ceil(np.log2(max(height, width) + 256)))
    fine_table, coarse_table = np.full(256, 5, np.float32), np.full(256, 4, np.float32)
    for value, (fine, coarse) in _ROUGHNESS.items():
        fine_table[value], coarse_table[value] = fine, coarse
    for octave, table in ((2, fine_table), (14, coarse_table)):
        y, x = rng.integers(0, size - height), rng.integers(0, size - width)
        noise = _noise_tile(size, octave)[y : y + height, x : x + width]
        picture = picture + (table[mask] * noise * 0.62)[..., None]
    return picture


def _reflections(picture: Picture, mask: NDArray[np.uint8], horizon: float) -> Picture:
    top = int(horizon) + 2
    road = picture[top:]
    mirrored = picture[max(0, top - road.shape[0]) : top][::-1]
    mirrored = np.asarray(
        Image.fromarray(mirrored.clip(0, 255).astype(np.uint8))
        .resize((8, mirrored.shape[0] // 3 + 1))
        .resize((picture.shape[1], road.shape[0]), Image.Resampling.BICUBIC),
        dtype=np.float32,
    )
    wet = ((mask[top:] == 0) * 0.38)[..., None].astype(np.float32)
    return np.concatenate([picture[:top], road * (1 - wet) + mirrored * wet])


def _light(picture: Picture, scene: Scene, rng: np.random.Generator) -> Picture:
    tint = {"day": (1.0, 1.0, 1.0), "dusk": (0.78, 0.64, 0.62), "night": (0.24, 0.27, 0.37)}[scene.time]
    cloudy = 0.86 if scene.weather != "clear" and scene.time == "day" else 1.0
    gain = np.asarray(tint, np.float32) * cloudy * rng.uniform(0.88, 1.12)
    lit = picture * gain
    if scene.time == "night":
        # The car's own headlights on the road ahead.
        height, width = picture.shape[:2]
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        u, v = (x / width - 0.5) / 0.42, (y / height - 0.86) / 0.34
        lit += picture * (0.42 * np.exp(-(u * u + v * v)))[..., None] * np.asarray((1.0, 0.95, 0.82), np.float32)
    return lit


def _haze(picture: Picture, depth: Picture, scene: Scene, rng: np.random.Generator) -> Picture:
    visibility = {"clear": 900.0, "rain": 240.0, "snow": 170.0, "fog": float(rng.uniform(45, 90))}[scene.weather]
    visibility *= 0.5 if scene.heavy else 1.0
    color = {"day": (196, 204, 212), "dusk": (170, 138, 128), "night": (52, 56, 66)}[scene.time]
    share = (1 - np.exp(-depth / visibility))[..., None]
    hazy: Picture = picture * (1 - share) + np.asarray(color, np.float32) * share
    return hazy


@lru_cache(maxsize=256)
def _sprite(radius: int) -> Picture:
    axis = np.arange(-radius, radius + 1, dtype=np.float32) / max(1, radius)
    squared = axis[:, None] ** 2 + axis[None, :] ** 2
    glow = (np.exp(-6 * squared) * 0.75 + np.exp(-60 * squared)) * (squared <= 1)
    return glow.astype(np.float32)


def _glows(picture: Picture, canvas: Canvas, instances: NDArray[np.int32]) -> Picture:
    height, width = picture.shape[:2]
    for gx, gy, radius, color, strength, instance in canvas.glows:
        r = int(min(max(radius, 2.0), height / 3))
        x, y = int(gx), int(gy)
        left, right, top, bottom = max(0, x - r), min(width, x + r + 1), max(0, y - r), min(height, y + r + 1)
        hidden = 0 <= x < width and 0 <= y < height and instances[y, x] > instance
        if hidden or left >= right or top >= bottom:
            continue
        sprite = _sprite(r)[top - y + r : bottom - y + r, left - x + r : right - x + r]
        picture[top:bottom, left:right] += sprite[..., None] * np.asarray(color, np.float32) * strength
    return picture


def _falling(picture: Picture, scene: Scene, rng: np.random.Generator) -> Picture:
    height, width = picture.shape[:2]
    veil = np.zeros((height, width), np.float32)
    scale = height / 360
    if scene.weather == "rain":
        for _ in range(int((1100 if scene.heavy else 260) * scale)):
            x, y, length = rng.integers(width), rng.integers(height), int(rng.uniform(6, 20) * scale)
            for step in range(length):
                row, column = y + step, x - step // 5
                if row < height and 0 <= column < width:
                    veil[row, column] += 0.16
    else:
        count = int(rng.uniform(350, 900) * scale * (4 if scene.heavy else 1))
        ys, xs = rng.integers(0, height - 2, count), rng.integers(0, width - 2, count)
        big = rng.random(count) < 0.25
        veil[ys, xs] += 0.7
        for dy, dx in ((0, 1), (1, 0), (1, 1)):
            veil[ys[big] + dy, xs[big] + dx] += 0.55
    white = np.float32(235 if scene.time == "day" else 150)
    share = veil.clip(0, 0.85)[..., None]
    return np.asarray(picture * (1 - share) + white * share, np.float32)


def _camera(picture: Picture, scene: Scene, rng: np.random.Generator) -> Picture:
    height, width = picture.shape[:2]
    y, x = np.ogrid[0:height, 0:width]
    corner = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2).astype(np.float32)
    picture = picture * (1 - 0.42 * corner)[..., None]
    grain = {"day": 2.6, "dusk": 4.5, "night": 6.5}[scene.time]
    return np.asarray(
        picture + rng.standard_normal((height, width, 1), dtype=np.float32) * np.float32(grain), np.float32
    )
