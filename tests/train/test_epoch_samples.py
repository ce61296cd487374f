"""Which validation images a run predicts after each epoch, and that what it keeps is what its model predicts."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bddseg_tui.core.data.dataset import Sample, open_dataset
from bddseg_tui.core.data.image_file import read_mask
from bddseg_tui.core.engine import Engine
from bddseg_tui.train.cache import open_cache, resize_sample
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.model import forward
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.sample_images import choose, sample_images, write_sample_images
from tests.train.in_process import fit, small_config


def pixels(*classes: dict[int, int]) -> NDArray[np.int64]:
    counts = np.zeros((len(classes), 20), np.int64)
    for row, image in enumerate(classes):
        for class_id, count in image.items():
            counts[row, class_id] = count
    return counts


def test_each_next_image_shows_most_classes_that_none_before_it_shows() -> None:
    counts = pixels({0: 90, 10: 10}, {0: 50, 10: 20, 13: 30}, {0: 60, 13: 20, 16: 20}, {0: 999, 12: 1, 19: 500})
    # The third has as many classes as the second, and the rarest of all; the rider of the fourth is too small to see.
    assert choose(counts, 2) == [2, 0]
    assert choose(counts, 9) == [2, 0, 1, 3]


def test_once_all_classes_are_shown_the_next_image_is_of_another_scene() -> None:
    video = pixels(*[{0: 90, 13: 10}] * 40, *[{0: 100}] * 40)
    first, *others = choose(video, 4)
    assert first == 0 and all(abs(a - b) >= 10 for a in others for b in (first, *others) if a != b)


def test_what_is_kept_of_an_epoch_is_what_its_checkpoint_predicts(engine: Engine, drawn: Path) -> None:
    run = fit(engine, drawn, small_config("samples=2"))
    samples = engine.runs.samples(run)
    (epoch,) = samples.epochs
    model = load_model(run.folder / "checkpoints" / "last")
    pairs = [resize_sample(Sample("val", i.image, i.mask), (32, 64)) for i in samples.images]
    images = torch.from_numpy(np.stack([image for image, _ in pairs]))
    with torch.inference_mode():
        expected = forward(model, normalise(images, "mobilenet_v2")).argmax(dim=1).numpy()
    kept = [read_mask(epoch.prediction(i.number)) for i in samples.images]
    assert np.array_equal(kept, expected)
    right = [float((k == mask)[mask < 19].mean()) for k, (_, mask) in zip(kept, pairs, strict=True)]
    assert [epoch.accuracy[i.number] for i in samples.images] == pytest.approx(right)


def test_a_run_that_goes_on_keeps_its_images_whatever_the_dataset_holds_by_then(
    engine: Engine, dataset: Path, tmp_path: Path
) -> None:
    opened, run = open_dataset(dataset), tmp_path / "run"
    run.mkdir()
    val = open_cache(opened, "val", (32, 64), engine.workspace.cache)
    before = sample_images(run, val, 3)
    assert before
    write_sample_images(before, val)
    gone, *kept = (val.files[row] for row in before.rows)
    (dataset / os.fsdecode(gone[0])).unlink()
    val = open_cache(opened, "val", (32, 64), engine.workspace.cache)
    after = sample_images(run, val, 3)
    assert after and ([val.files[row] for row in after.rows], after.numbers) == (kept, (2, 3))


def test_a_run_that_asks_for_no_samples_keeps_none(engine: Engine, drawn: Path) -> None:
    run = fit(engine, drawn, small_config("samples=0"))
    assert not (run.folder / "samples").exists() and not engine.runs.samples(run).epochs
