"""From which cosine on two images of a dataset count as alike: learned from copies that are made of its own images.

What a cosine means depends on the images and on the model: scenes of one camera are alike whatever they show. So some
images are copied as duplicates come about (scaled, encoded anew, cropped a little, brightened), which tells how near a
copy is at least; and pairs drawn at random tell how near two images are that have nothing to do with each other.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from PIL import Image, ImageEnhance

from bddseg_tui.index.vector_types import Vectors

COPIED = 40
"""Images that are copied."""
_FOUND = 0.05
"""The share of copies that may be missed."""
_DRAWN = 1500
_ALIKE = 10
"""By embedding an image may have so many neighbours on average: a group of more is nothing to look at."""
_ROOM = 0.25
_BY_CHANCE = 0.01
"""By hash so many pairs an image may be below the limit by chance."""


@dataclass(frozen=True)
class Threshold:
    """The least cosine of what is alike.

    Attributes:
        cosine: it.
        copies: the cosine that 95 % of the copies reach.
        chance: the cosine that pairs drawn at random reach too often.
    """

    cosine: float
    copies: float
    chance: float


def copies_of(picture: Image.Image) -> list[Image.Image]:
    """The picture as duplicates have it: half as large, encoded badly, 4 % cropped at each side, 15 % brighter."""
    width, height = picture.size
    x, y = round(0.04 * width), round(0.04 * height)
    return [
        _encoded(picture.resize((max(1, width // 2), max(1, height // 2))), 60),
        _encoded(picture, 25),
        _encoded(picture.crop((x, y, max(x + 1, width - x), max(y + 1, height - y))), 85),
        _encoded(ImageEnhance.Brightness(picture).enhance(1.15), 85),
    ]


def threshold_of_embeddings(vectors: Vectors, originals: Vectors, copies: Vectors) -> Threshold:
    """The threshold for embeddings, whose cosines follow no law: what is over it by chance is counted.

    Args:
        vectors: of the dataset, float32 [n, d] of unit length.
        originals: of images that were copied, [c, d], each as often as it has copies.
        copies: of their copies, [c, d].
    """
    near = float(np.quantile((originals * copies).sum(1), _FOUND)) if len(copies) else 1.0
    chance = float(np.quantile(_random_cosines(vectors), max(0.0, 1 - _ALIKE / max(2, len(vectors)))))
    return Threshold(max(near, chance), near, chance)


def threshold_of_hashes(vectors: Vectors, originals: Vectors, copies: Vectors) -> Threshold:
    """The same for hashes, whose bits are nearly independent: what chance brings about follows from their spread.

    Median and quartiles tell the spread: neighbouring frames among the pairs that were drawn change them little.
    """
    near = float(np.quantile((originals * copies).sum(1), _FOUND)) if len(copies) else 1.0
    low, middle, high = np.quantile(_random_cosines(vectors), [0.25, 0.5, 0.75])
    sigma = float(high - low) / 1.349
    chance = float(middle) + NormalDist().inv_cdf(1 - 2 * _BY_CHANCE / max(2, len(vectors))) * sigma
    # Copies that are worse than those lie between the two, where there is room; near the middle strangers do too.
    between = near + _ROOM * (chance - near)
    return Threshold(min(1.0, max(between, chance)), near, min(1.0, chance))


def sample_copies(
    count: int, picture_of: Callable[[int], Image.Image | None], embed: Callable[[list[Image.Image]], Vectors]
) -> tuple[Vectors, Vectors]:
    """(originals, copies) of some of `count` images, as the thresholds take them; `picture_of` is None for damaged."""
    originals, copies = [], []
    for number in _spread(count, COPIED):
        if (picture := picture_of(number)) is None:
            continue
        made = copies_of(picture)
        found = embed([picture, *made])
        originals += [found[0]] * len(made)
        copies += list(found[1:])
    width = originals[0].shape[0] if originals else 0
    return _stacked(originals, width), _stacked(copies, width)


def _random_cosines(vectors: Vectors) -> Vectors:
    drawn = np.asarray(vectors[_spread(len(vectors), _DRAWN)])
    return (drawn @ drawn.T)[np.triu_indices(len(drawn), 1)] if len(drawn) > 1 else np.zeros(1, np.float32)


def _spread(count: int, most: int) -> list[int]:
    """Some of so many numbers, drawn at random but always the same ones, in order."""
    drawn = np.random.default_rng(0).choice(count, min(count, most), replace=False)
    return sorted(drawn.tolist())


def _stacked(vectors: Sequence[Vectors], width: int) -> Vectors:
    return np.stack(vectors) if vectors else np.zeros((0, width), np.float32)


def _encoded(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
