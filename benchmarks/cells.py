"""How well characters draw masks and photographs: thin classes in the right class, bytes, and time to encode.

    BDDSEG_REAL_DATA=DIR python -m benchmarks.cells [--images 40] [--columns 80] [--rows 22]

DIR holds `bdd-real/`, a dataset with masks. Each mask is drawn in its classes' colours at the size of a terminal; a
pixel of the mask is right where the colour of the cell's part that covers it is nearest to its class's own. Thin
classes are pole, traffic light, traffic sign, person, rider, motorcycle and bicycle.
"""

import argparse
import json
import os
import re
import statistics
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from textual.strip import Strip

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.image_file import read_mask_values
from bddseg_tui.core.data.pictures import PictureRequest, compose
from bddseg_tui.tui.terminal.cell_glyphs import CELL_KINDS, CellKind, pixels_of
from bddseg_tui.tui.terminal.cells import cell_strips

THIN = (5, 6, 7, 11, 12, 17, 18)
CONSOLE = Console(color_system="truecolor", force_terminal=True)
CODE = re.compile(r"\x1b\[([0-9;]*)m|(.)", re.DOTALL)


def main() -> None:
    """Measures each kind of cell and prints a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--rows", type=int, default=22)
    arguments = parser.parse_args()
    dataset = open_dataset(Path(os.environ["BDDSEG_REAL_DATA"]) / "bdd-real")
    samples = [sample for sample in list_samples(dataset) if sample.mask]
    samples = samples[:: max(1, len(samples) // arguments.images)][: arguments.images]
    size = arguments.columns, arguments.rows
    found = {}
    for kind in CELL_KINDS:
        masks = [thin_right(s.image, s.mask, kind, size) for s in samples if s.mask]
        right, all_thin = (sum(column) for column in zip(*masks, strict=True))
        photos = [photo(s.image, kind, size) for s in samples]
        found[kind] = {
            "thin_right": round(right / all_thin, 3),
            "photo_ms": round(statistics.median(ms for _, ms in photos), 1),
            "photo_kB": round(statistics.median(count for count, _ in photos) / 1000, 1),
        }
    print(json.dumps({"images": len(samples), "cells": size, "kinds": found}, indent=1))


def thin_right(image: Path, mask: Path, kind: CellKind, size: tuple[int, int]) -> tuple[int, int]:
    """How many pixels of thin classes are drawn in the right class, and how many there are."""
    actual = np.asarray(read_mask_values(mask, strict=False))
    picture = fitted(PictureRequest(image, mask, view="mask"), kind, size)
    colors = shown(cell_strips(picture, kind), kind)
    palette = np.array([c.color for c in CLASSES], np.int32)
    drawn = ((colors[:, :, None] - palette) ** 2).sum(3).argmin(2)
    y = np.arange(actual.shape[0]) * drawn.shape[0] // actual.shape[0]
    x = np.arange(actual.shape[1]) * drawn.shape[1] // actual.shape[1]
    thin = np.isin(actual, THIN)
    return int((drawn[y][:, x] == actual)[thin].sum()), int(thin.sum())


def photo(image: Path, kind: CellKind, size: tuple[int, int]) -> tuple[int, float]:
    """Bytes of a photograph, and milliseconds that it takes to encode."""
    picture = fitted(PictureRequest(image, None), kind, size)
    start = time.perf_counter()
    strips = cell_strips(picture, kind)
    took = 1000 * (time.perf_counter() - start)
    return sum(len(strip.render(CONSOLE).encode()) for strip in strips), took


def fitted(request: PictureRequest, kind: CellKind, size: tuple[int, int]) -> Image.Image:
    """A request's picture at the pixels that so many cells have."""
    across, down = CELL_KINDS[kind]
    return compose(request, (size[0] * 10, size[1] * 20)).resize(
        (size[0] * across, size[1] * down), Image.Resampling.NEAREST if request.view == "mask" else Image.Resampling.BOX
    )


def shown(strips: list[Strip], kind: CellKind) -> NDArray[np.int32]:
    """The colours of the cells' parts as a terminal shows them, (rows, columns, 3)."""
    across, down = CELL_KINDS[kind]
    rows = []
    for strip in strips:
        ink, paper, cells = (0, 0, 0), (0, 0, 0), []
        for code, char in CODE.findall(strip.render(CONSOLE)):
            if char:
                cells.append([ink if inside else paper for inside in pixels_of(char, kind)])
                continue
            numbers = [int(number) for number in code.split(";")]
            while numbers[0]:
                layer, _, *rgb = numbers[:5]
                color = (rgb[0], rgb[1], rgb[2])
                ink, paper = (color, paper) if layer == 38 else (ink, color)
                numbers = [*numbers[5:], 0]
        parts = np.array(cells, np.int32).reshape(-1, down, across, 3)
        rows.append(parts.transpose(1, 0, 2, 3).reshape(down, -1, 3))
    return np.concatenate(rows)


if __name__ == "__main__":
    main()
