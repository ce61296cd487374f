"""The training cache of several processes at once: nobody waits for a run, and nobody's pixels change."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
from PIL import Image

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.runs.training_caches import cache_name, list_caches, unused
from bddseg_tui.train import cache_files
from bddseg_tui.train.cache import open_cache
from tests.train.cache_contents import SIZE, expected, images, images_of, opened, size_of


def test_whoever_trains_meanwhile_sees_the_pixels_that_it_began_with(dataset: Path, cache: Path) -> None:
    reader = opened(dataset, cache)
    before = images_of(reader).copy()
    for number, path in enumerate(images(dataset)):
        Image.new("RGB", (128, 72), (number, 200, 0)).save(path)
    other = opened(dataset, cache)
    assert np.array_equal(images_of(reader), before)
    assert np.array_equal(images_of(other), expected(dataset))
    assert not set(reader.slots) & set(other.slots)
    os.close(other.parts[0].lock)
    os.close(reader.parts[0].lock)
    grown = size_of(cache)
    for number, path in enumerate(images(dataset)):
        Image.new("RGB", (128, 72), (number, 0, 200)).save(path)
    assert np.array_equal(images_of(opened(dataset, cache)), expected(dataset))
    assert size_of(cache) == grown


def test_what_another_process_adds_is_waited_for(drawn: Path, cache: Path, read: list[str]) -> None:
    waited, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with cache_files.opened(cache / cache_name(drawn, "train", SIZE), drawn, SIZE, lambda: None):
            held.set()
            go_on.wait(60)

    held = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)

    def waiting() -> None:
        waited.set()
        go_on.set()

    split = open_cache(open_dataset(drawn), "train", SIZE, cache, waiting=waiting)
    thread.join()
    assert waited.is_set() and len(split) == 12


def test_a_cache_in_use_is_not_unused_and_one_deleted_before_it_opens_is_made_anew(drawn: Path, cache: Path) -> None:
    split = opened(drawn, cache)
    (found,) = list_caches(cache)
    assert (found.dataset, found.earlier) == (drawn, False)
    with unused(found.folder) as free:
        assert not free
    os.close(split.parts[0].lock)

    def delete() -> None:
        with unused(found.folder) as free:
            assert free
            held.set()
            go_on.wait(60)
            shutil.rmtree(found.folder)

    held, go_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=delete)
    thread.start()
    assert held.wait(60)
    again = open_cache(open_dataset(drawn), "train", SIZE, cache, waiting=go_on.set)
    thread.join()
    assert np.array_equal(images_of(again), expected(drawn)) and (found.folder / "index.sqlite").exists()
