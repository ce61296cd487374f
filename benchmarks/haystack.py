"""Drawn scenes whose seed no model was trained on, and an index of them, for the benchmarks of retrieval."""

import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.demo.generate import draw_scene
from bddseg_tui.core.demo.scene import sample_scene
from bddseg_tui.core.processes.parallel import map_unordered
from bddseg_tui.index.calibration_form import read_calibration
from bddseg_tui.index.class_words import MOST, NAMES, Labels, calibrate_on, class_truth
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.demo_models.concepts import truths
from bddseg_tui.index.demo_models.scene_truth import Description
from bddseg_tui.index.demo_models.scenes import squash
from bddseg_tui.index.search import Searcher

SEED = 90_001
_SIDE = (640, 360)


@dataclass
class Haystack:
    """N scenes: pictures at the models' size, descriptions, and which concepts each shows (int8 [N, concepts])."""

    images: NDArray[np.uint8]
    scenes: list[Description]
    table: NDArray[np.int8]


def draw_one(task: tuple[int, int, str]) -> tuple[int, bytes, str]:
    """A scene of a seed at 640x360 through JPEG, squashed; and its description."""
    seed, index, folder = task
    drawn = draw_scene(sample_scene(seed, index), *_SIDE)
    path = Path(folder) / f"{os.getpid()}.jpg"
    Image.fromarray(drawn.picture).save(path, quality=88)
    return index, squash(Image.open(path)).tobytes(), json.dumps({**drawn.description, "size": _SIDE})


def draw_haystack(count: int, folder: Path, seed: int = SEED) -> Haystack:
    """Draws the scenes, or reads those that were drawn before."""
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / f"{seed}-{count}.npz"
    if not store.exists():
        images = np.zeros((count, 160, 160, 3), np.uint8)
        lines = [""] * count
        with tempfile.TemporaryDirectory() as scratch:
            for index, raw, line in map_unordered(draw_one, [(seed, i, scratch) for i in range(count)], chunk=16):
                images[index], lines[index] = np.frombuffer(raw, np.uint8).reshape(160, 160, 3), line
        np.savez(store, images=images, lines=np.asarray(lines))
    raw_store = np.load(store)
    scenes = [json.loads(str(line)) for line in raw_store["lines"]]
    return Haystack(raw_store["images"], scenes, np.stack([truths(s) for s in scenes]))


def searcher_over(haystack: Haystack, clip: Clip) -> Searcher:
    """An index of the haystack, in memory."""
    count = len(haystack.scenes)
    parts = [
        clip.encode_images([Image.fromarray(i) for i in haystack.images[at : at + 64]]) for at in range(0, count, 64)
    ]
    names = [str(i).encode() for i in range(count)]
    return calibrated(Searcher(clip, names, np.concatenate(parts), None, ""), haystack)


def calibrated(searcher: Searcher, haystack: Haystack) -> Searcher:
    """The same, calibrated as an index is that was built of labelled images."""
    labelled = min(len(haystack.scenes), MOST)
    labels = Labels((), tuple(range(labelled)), "")
    record, _ = calibrate_on(searcher.clip, searcher.matrix, labels, mask_truth(haystack)[:labelled])
    return replace(searcher, calibration=read_calibration(record))


def mask_truth(haystack: Haystack) -> NDArray[np.int8]:
    """What the masks of the scenes say of the classes: int8 [N, 19], as `class_words.read_truth` has it."""
    percent = np.asarray([[s["classes"].get(name, 0.0) for name in NAMES] for s in haystack.scenes])
    return class_truth(percent)
