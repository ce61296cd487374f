"""Confirmed errors in training: their pixels teach nothing, wherever the split lies; the cache knows of none."""

from pathlib import Path

import numpy as np
import torch

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.confirmed_errors import WrongAreas
from bddseg_tui.train.cache import open_cache
from bddseg_tui.train.cached_split import IGNORED
from bddseg_tui.train.device_data import load_split, to_device
from bddseg_tui.train.losses import IGNORE_INDEX
from bddseg_tui.train.setup import setup
from tests.core.test_confirmed_errors import SKY, judge
from tests.train.in_process import fit, job, small_config

SIZE = (36, 64)


def test_the_pixels_of_an_area_are_ignored_at_the_training_size_and_in_the_counts(
    collection: Collection, tmp_path: Path
) -> None:
    assert IGNORED == IGNORE_INDEX
    plain = open_cache(collection.dataset, "train", SIZE, tmp_path)
    image = plain.files[3][0]
    wrong = {image: WrongAreas((128, 72), SKY, 1)}
    split = open_cache(collection.dataset, "train", SIZE, tmp_path, wrong=wrong)
    mask = split.mask(3)
    assert (mask[:5] == IGNORED).all() and (mask[5:] == plain.mask(3)[5:]).all() and (split.mask(2) != IGNORED).all()
    assert plain.counts[3].sum() - split.counts[3].sum() == 5 * 64
    assert (split.parts[0].masks == plain.parts[0].masks).all(), "runs that ignore other areas share the cache"
    data = load_split(split, torch.device("cpu"))
    for pixels in (data, to_device(data, torch.device("cpu"))):
        masks = pixels.take(np.array([2, 3]))[1].numpy()
        assert (masks[0] == plain.mask(2)).all() and (masks[1] == mask).all()


def test_a_run_that_goes_on_ignores_what_it_ignored_when_it_was_made(engine: Engine, collection: Collection) -> None:
    judge(collection, "train", 0)
    run = fit(engine, collection.dataset.root, small_config())
    (start,) = read_events(run.events, ("start",))
    assert start["kind"] == "start" and start.get("corrected_images") == 1 and start.get("train_images") == 12
    collection.catalog.take_back_verdicts()
    with job(run.folder) as writer:
        assert (setup(run, writer).train.take(np.arange(12))[1] == IGNORED).any()
