"""What weather, night and cameras do to an image, in five strengths: to measure how much a model still sees.

Lengths are shares of the image's height, and grain is that of a small image, so that a photograph of 1280x720 and one
of 128x72 are spoilt alike. The same image, kind and seed give the same pixels, and a stronger fog the same clouds.

Blur, JPEG, resizing and filters are OpenCV's. Fog, rain and night are made here, by a few lines of known models,
since no kept library has them for every size of image: imagecorruptions (of ImageNet-C) has not been released since
2020, needs an old NumPy and draws fog for one size; Albumentations is kept no longer, and its successor is under the
AGPL; Kornia's rain are lines of a fixed length, and it has neither fog nor night; torchvision has noise, blur, JPEG and
brightness alone.
"""

import zlib
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize

Corruption = Literal["fog", "rain", "night", "blur", "noise", "jpeg", "brightness"]
CORRUPTIONS: tuple[Corruption, ...] = get_args(Corruption)
SEVERITIES = (1, 2, 3, 4, 5)
Pixels = NDArray[np.float32]
"""Float32 [H, W, 3], 0..1, as a screen shows them (gamma-encoded)."""
_HORIZON = 0.45
"""Where it is in a frame of BDD100K, as a share of the height from above."""
_GRAIN_ROWS = 360
"""Of an image of more rows, noise and blocks are as coarse as in one of so many."""
_RAIN_ROWS = 720


def parse_corruptions(text: str) -> tuple[Corruption, ...]:
    """`fog,rain`, or `all`.

    Raises:
        UsageError: one is not known.
    """
    words = [w.strip().lower() for w in text.split(",") if w.strip()]
    if words == ["all"]:
        return CORRUPTIONS
    odd = [w for w in words if w not in CORRUPTIONS]
    if odd or not words:
        raise UsageError(f"--corrupt takes {', '.join(CORRUPTIONS)} or all, not {sanitize(','.join(odd))!r}")
    return tuple(c for c in CORRUPTIONS if c in words)


def parse_severities(text: str) -> tuple[int, ...]:
    """`3`, `1,3,5` or `1..5`.

    Raises:
        UsageError: it is none of these, or beyond 1..5.
    """
    first, dots, last = text.strip().partition("..")
    words = [str(n) for n in range(int(first), int(last) + 1)] if dots and _is_one(first) and _is_one(last) else None
    words = words or [w.strip() for w in text.split(",")]
    if not all(map(_is_one, words)):
        raise UsageError(f"--severity takes 1..5, one of these numbers or some (1,3,5), not {sanitize(text)!r}")
    return tuple(sorted({int(w) for w in words}))


def _is_one(word: str) -> bool:
    return word in {str(s) for s in SEVERITIES}


def corrupt(image: Image.Image, kind: Corruption, severity: int, name: str, seed: int = 0) -> Image.Image:
    """An RGB image of the same size, spoilt.

    Args:
        image: RGB.
        kind: how.
        severity: 1 (slight) .. 5.
        name: the image's; with `seed` it says where drops and grain are.
        seed: another one gives other drops and other grain.
    """
    where = zlib.crc32(name.encode(errors="surrogateescape")), zlib.crc32(kind.encode()), seed
    generator = np.random.default_rng(where)
    pixels = np.asarray(image.convert("RGB"), np.float32) / np.float32(255)
    spoilt = _KINDS[kind](pixels, severity - 1, generator)
    return Image.fromarray((np.clip(spoilt, 0, 1) * 255 + 0.5).astype(np.uint8))


def _fog(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    """Koschmieder's law over a flat road, as Foggy Cityscapes (Sakaridis et al. 2018) has it with measured depth."""
    import cv2

    height, width = pixels.shape[:2]
    below = np.clip((np.arange(height) + 0.5) / height - _HORIZON, 1e-3, None)
    depth = np.clip(0.06 / below, 0.05, 1).astype(np.float32)[:, None]
    clouds = np.zeros((height, width), np.float32)
    for cells in (3, 6, 12):
        coarse = generator.random((cells, 2 * cells), np.float32)
        clouds += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / cells
    density = (0.8, 1.3, 1.9, 2.6, 3.6)[strength] * depth * (0.6 + 1.37 * clouds)
    through = np.exp(-np.clip(density, 0, None))[..., None]
    # As bright as the brightest part of the scene: at night fog is not white.
    light = np.float32(np.clip(np.quantile(pixels.mean(axis=2), 0.95), 0.25, 0.9))
    return np.asarray(pixels * through + light * (1 - through), np.float32)


def _rain(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    """Streaks that fall aslant, near ones longer and brighter, under a duller sky."""
    import cv2

    height, width = pixels.shape[:2]
    columns = max(1, round(_RAIN_ROWS * width / height))
    slant = float(generator.uniform(-0.35, 0.35))
    streaks: NDArray[Any] = np.zeros((_RAIN_ROWS, columns), np.float32)
    for length, share, bright in ((18, 1.0, 0.5), (36, 0.4, 0.8), (60, 0.12, 1.0)):
        drops = generator.random((_RAIN_ROWS, columns), np.float32) < (2, 3.5, 5.5, 8, 12)[strength] * 4e-4 * share
        kernel = np.zeros((length, length), np.float32)
        middle, reach = length // 2, round(slant * length / 2)
        cv2.line(kernel, (middle - reach, 0), (middle + reach, length - 1), 1.0, 1 if length < 60 else 2)
        streaks = np.maximum(streaks, bright * cv2.filter2D(drops.astype(np.float32), -1, kernel))
    layer = cv2.resize(np.clip(streaks, 0, 1), (width, height), interpolation=cv2.INTER_AREA)[..., None]
    dull = (0.06, 0.12, 0.18, 0.25, 0.32)[strength]
    wet: NDArray[Any] = pixels * (1 - dull) + dull * np.float32(pixels.mean() * 0.9)
    wet = cv2.GaussianBlur(wet, (0, 0), max(0.05, (0.3, 0.5, 0.8, 1.1, 1.5)[strength] * height / _RAIN_ROWS))
    over = np.float32((0.25, 0.32, 0.4, 0.47, 0.55)[strength])
    return np.asarray(wet + layer * over * (np.float32(0.9) - wet).clip(0), np.float32)


def _night(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    """Less light by a factor, in which shadows go first and colours fade to blue; the camera answers with noise."""
    linear = pixels**2.2
    grey = linear.mean(axis=2, keepdims=True)
    faded = grey + (linear - grey) * (0.8, 0.65, 0.5, 0.4, 0.3)[strength]
    dark = faded ** (1 + 0.08 * (strength + 1)) * (0.28, 0.16, 0.09, 0.05, 0.025)[strength]
    tinted = dark * np.asarray((0.82, 0.92, 1.15), np.float32)
    shown = np.clip(tinted, 0, 1) ** np.float32(1 / 2.2)
    return np.asarray(shown + _grain(shown, (0.01, 0.018, 0.026, 0.035, 0.045)[strength], generator), np.float32)


def _blur(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    import cv2

    share = (0.003, 0.006, 0.01, 0.016, 0.024)[strength]
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), share * pixels.shape[0]), np.float32)


def _noise(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    """Grain that grows with the root of the light, as photons have it, over that of the sensor."""
    amount = (0.05, 0.09, 0.14, 0.2, 0.28)[strength]
    return np.asarray(pixels + _grain(pixels, amount, generator) * np.sqrt(0.3 + pixels), np.float32)


def _grain(pixels: Pixels, amount: float, generator: np.random.Generator) -> Pixels:
    import cv2

    height, width = pixels.shape[:2]
    rows = min(height, _GRAIN_ROWS)
    grain = generator.standard_normal((rows, max(1, round(rows * width / height)), 3), np.float32)
    return np.asarray(amount * cv2.resize(grain, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)


def _jpeg(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    import cv2

    height, width = pixels.shape[:2]
    whole: NDArray[Any] = (pixels * 255 + 0.5).astype(np.uint8)
    if height < _GRAIN_ROWS:
        # Else an image with few rows would be a handful of blocks.
        size = max(1, round(_GRAIN_ROWS * width / height)), _GRAIN_ROWS
        whole = cv2.resize(whole, size, interpolation=cv2.INTER_CUBIC)
    quality = (25, 16, 11, 7, 4)[strength]
    _, coded = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, quality])
    back: NDArray[Any] = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED))
    back = cv2.resize(back, (width, height), interpolation=cv2.INTER_AREA) if back.shape[0] != height else back
    return np.asarray(back, np.float32) / np.float32(255)


def _brightness(pixels: Pixels, strength: int, generator: np.random.Generator) -> Pixels:
    """Too long an exposure: what is light already is white."""
    gain = np.float32((1.5, 2.1, 3.0, 4.4, 6.5)[strength])
    return np.asarray(np.clip(pixels**2.2 * gain, 0, 1) ** np.float32(1 / 2.2), np.float32)


_KINDS: dict[Corruption, Callable[[Pixels, int, np.random.Generator], Pixels]] = {
    "fog": _fog,
    "rain": _rain,
    "night": _night,
    "blur": _blur,
    "noise": _noise,
    "jpeg": _jpeg,
    "brightness": _brightness,
}
