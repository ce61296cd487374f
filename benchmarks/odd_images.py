"""How well a mask's fit tells masks of other images and masks that slipped, and what measuring costs.

    python -m benchmarks.odd_images DATASET [--images 200]

Truth by construction: the masks of the images are swapped among each other, or moved by some pixels (of 256 across).
The AUC is how often a right mask has a higher score than a wrong one.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.data.image_file import read_image, read_mask
from bddseg_tui.core.quality.image_measures import measure
from bddseg_tui.core.quality.mask_fit import WIDTH, mask_fit
from benchmarks.report import publish

MOVES = (2, 4, 8, 16)
Pixels = NDArray[np.uint8]


def small(sample: Sample, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """Image and mask at the size at which they are compared, all of one shape."""
    assert sample.mask is not None
    image = read_image(sample.image, size).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    mask = Image.fromarray(read_mask(sample.mask, strict=False)).resize(size, Image.Resampling.NEAREST)
    return np.asarray(image), np.asarray(mask)


def area_under_curve(right: list[float | None], wrong: list[float | None]) -> float:
    """How often a right mask has the higher score; what says nothing is left out."""
    a, b = (np.array([value for value in values if value is not None]) for values in (right, wrong))
    return float((a[:, None] > b[None]).mean() + (a[:, None] == b[None]).mean() / 2)


def main() -> None:
    """Prints the AUCs and the cost of an image."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    samples = [s for s in list_samples(open_dataset(arguments.dataset)) if s.mask is not None]
    random = np.random.default_rng(0)
    samples = [samples[n] for n in random.permutation(len(samples))[: arguments.images]]
    pairs = [small(sample, (WIDTH, WIDTH * 9 // 16)) for sample in samples]
    right = [mask_fit(photo, mask) for photo, mask in pairs]
    swapped = [mask_fit(photo, pairs[n - 1][1]) for n, (photo, _) in enumerate(pairs)]
    found = {"swapped": area_under_curve(right, swapped)}
    for pixels in MOVES:
        ways = [(pixels if n % 2 else -pixels, n // 2 % 2) for n in range(len(pairs))]
        moved = [mask_fit(p, np.roll(m, by, axis=axis)) for (p, m), (by, axis) in zip(pairs, ways, strict=True)]
        found[f"moved by {pixels}"] = area_under_curve(right, moved)
    began = time.perf_counter()
    for number, sample in enumerate(samples):
        measure((number, sample.image, sample.mask, 16 / 9))
    found["ms an image"] = 1000 * (time.perf_counter() - began) / len(samples)
    rows = [("", "AUC"), *((name, f"{value:.3f}") for name, value in found.items())]
    publish(f"{len(samples)} images", rows, {"images": len(samples), **found}, arguments.json)


if __name__ == "__main__":
    main()
