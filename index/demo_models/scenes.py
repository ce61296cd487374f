"""Drawn scenes as training arrays: pictures at the models' input size, maps of what each spot shows, descriptions."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.classes import RAW_UNKNOWN
from bddseg_tui.core.demo.generate import draw_scene
from bddseg_tui.core.demo.scene import COLORS, sample_scene
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.processes.parallel import map_unordered

IMAGE_SIZE = 160
"""The models look at pictures squashed to 160x160: all of a wide picture, in 100 patches."""
CELLS = 80
"""The maps have one cell for 2x2 pixels."""
WORKS = {"cone": 20, "barrier board": 21, "excavator": 22}
"""Map values of what stands on a construction site, after the 20 classes."""
KINDS = 23
COLOR_NAMES = list(COLORS)


@dataclass(frozen=True)
class Scenes:
    """N scenes: images uint8 [N, 160, 160, 3], kinds uint8 [N, 80, 80] (0..22), colors uint8 [N, 80, 80].

    A colour is 1 + its place in COLOR_NAMES where a vehicle or a person's clothes are seen, else 0.
    """

    images: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    colors: NDArray[np.uint8]
    descriptions: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.descriptions)


def squash(picture: Image.Image) -> NDArray[np.uint8]:
    """The picture at the models' input size, uint8 [160, 160, 3], resized as their preprocessing does."""
    return np.asarray(picture.convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC))


def draw_scenes(
    folder: Path, seed: int, count: int, workers: int | None = None, report: Callable[[int, int], None] | None = None
) -> Scenes:
    """Draws `count` scenes of a seed into a folder, or opens them where they were drawn before.

    Every third is drawn at 640x360, the others at 320x180, a fifth of the work: fine grain and rain look different
    after the squash, and the models have to know both.
    """
    done = folder / "descriptions.jsonl"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        arrays = [
            np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=np.uint8, shape=(count, *shape))
            for name, shape in (
                ("images", (IMAGE_SIZE, IMAGE_SIZE, 3)),
                ("kinds", (CELLS, CELLS)),
                ("colors", (CELLS, CELLS)),
            )
        ]
        lines = [""] * count
        tasks = [(seed, index) for index in range(count)]
        for number, (index, parts, line) in enumerate(map_unordered(_draw, tasks, workers, chunk=16), start=1):
            for array, part in zip(arrays, parts, strict=True):
                array[index] = part
            lines[index] = line
            if report:
                report(number, count)
        for array in arrays:
            array.flush()
        write_text(done, "".join(line + "\n" for line in lines))
    images, kinds, colors = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("images", "kinds", "colors"))
    return Scenes(images, kinds, colors, [json.loads(line) for line in done.read_text().splitlines()])


def _draw(task: tuple[int, int]) -> tuple[int, tuple[NDArray[np.uint8], ...], str]:
    seed, index = task
    scene = sample_scene(seed, index)
    width, height = (640, 360) if index % 3 == 0 else (320, 180)
    drawn = draw_scene(scene, width, height)
    sink = BytesIO()
    Image.fromarray(drawn.picture).save(sink, "JPEG", quality=88)
    image = squash(Image.open(sink))
    rows, columns = np.arange(CELLS) * height // CELLS, np.arange(CELLS) * width // CELLS
    mask, objects = drawn.mask[np.ix_(rows, columns)], drawn.objects[np.ix_(rows, columns)]
    kinds = np.where(mask == RAW_UNKNOWN, 19, mask).astype(np.uint8)
    colors = np.zeros_like(kinds)
    for number in np.unique(objects[objects >= 0]):
        thing = scene.objects[number]
        if thing.kind in WORKS:
            kinds[objects == number] = WORKS[thing.kind]
        if thing.color in COLORS:
            colors[objects == number] = 1 + COLOR_NAMES.index(thing.color)
    return index, (image, kinds, colors), json.dumps({**drawn.description, "size": [width, height]})
