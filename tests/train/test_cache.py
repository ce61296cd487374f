"""The training cache: built once, brought up to date in place, and never changed under whoever trains on it."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.training_caches import cache_name, list_caches
from bddseg_tui.train import cache as caching
from bddseg_tui.train import cache_files
from bddseg_tui.train.cache import open_cache, resize_sample
from tests.train.cache_contents import SIZE, expected, images, images_of, opened, size_of


def add_one(root: Path, name: str) -> None:
    first = images(root)[0]
    Image.effect_noise((128, 72), 60).convert("RGB").save(first.with_name(f"{name}.jpg"))
    masks = root / "labels/sem_seg/masks/train"
    shutil.copy(masks / f"{first.stem}.png", masks / f"{name}.png")


def test_the_cache_is_built_once_and_holds_what_was_read(drawn: Path, cache: Path, read: list[str]) -> None:
    split = opened(drawn, cache)
    assert len(split) == 12 and split.pixels.sum() == 12 * 32 * 64 and len(read) == 12
    assert np.array_equal(images_of(split), expected(drawn))
    sample = next(s for s in list_samples(open_dataset(drawn)) if s.split == "train")
    assert np.array_equal(split.mask(0), resize_sample(sample, SIZE)[1])
    assert len(opened(drawn, cache)) == 12 and len(read) == 12


def test_one_new_image_is_read_alone_and_takes_one_slot_more(dataset: Path, cache: Path, read: list[str]) -> None:
    os.close(opened(dataset, cache).parts[0].lock)
    before = size_of(cache)
    read.clear()
    add_one(dataset, "0000-first")
    split = opened(dataset, cache)
    assert read == ["0000-first.jpg"] and size_of(cache) == before * 13 // 12
    assert np.array_equal(images_of(split), expected(dataset))
    assert len(list_caches(cache)) == 1


def test_a_changed_image_or_mask_is_read_again_and_slots_are_used_again(
    dataset: Path, cache: Path, read: list[str]
) -> None:
    first = opened(dataset, cache)
    os.close(first.parts[0].lock)
    before = size_of(cache)
    read.clear()
    Image.new("RGB", (128, 72), (9, 99, 9)).save(images(dataset)[3])
    Image.new("L", (128, 72), 4).save(sorted((dataset / "labels/sem_seg/masks/train").iterdir())[5])
    images(dataset)[7].unlink()
    split = opened(dataset, cache)
    assert len(read) == 2 and len(split) == 11 and size_of(cache) == before
    assert np.array_equal(images_of(split), expected(dataset))
    assert split.pixels[4] > first.pixels[4]


def test_images_that_come_back_are_not_read_again(dataset: Path, cache: Path, read: list[str]) -> None:
    os.close(opened(dataset, cache).parts[0].lock)
    read.clear()
    away = images(dataset)[:5]
    for path in away:
        path.rename(path.with_suffix(".away"))
    part = opened(dataset, cache)
    assert len(part) == 7
    os.close(part.parts[0].lock)
    for path in away:
        path.with_suffix(".away").rename(path)
    assert len(opened(dataset, cache)) == 12 and read == []


def test_another_reader_of_images_reads_all_again(
    dataset: Path, cache: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.close(opened(dataset, cache).parts[0].lock)
    before = size_of(cache)
    monkeypatch.setattr("bddseg_tui.train.cache_index.READER_VERSION", 99)
    opened(dataset, cache)
    assert len(read) == 24 and size_of(cache) == before


@pytest.mark.parametrize(("limit", "count"), [(4, 4), (12, 12), (500, 12)])
def test_a_limit_takes_that_many_different_samples(drawn: Path, cache: Path, limit: int, count: int) -> None:
    split = opened(drawn, cache, limit=limit)
    assert len({image.tobytes() for image in images_of(split)}) == count


def test_runs_with_and_without_a_limit_share_what_was_read(drawn: Path, cache: Path, read: list[str]) -> None:
    part = opened(drawn, cache, limit=5)
    assert len(read) == 5
    whole = opened(drawn, cache)
    assert len(read) == 12 and np.array_equal(images_of(whole), expected(drawn))
    assert np.array_equal(images_of(part), expected(drawn)[[i * 12 // 5 for i in range(5)]])


def test_excluded_images_are_left_out_and_not_even_read(drawn: Path, cache: Path, read: list[str]) -> None:
    first, *rest = images(drawn)
    excluded = frozenset([os.fsencode(first.relative_to(drawn))])
    found = open_cache(open_dataset(drawn), "train", SIZE, cache, excluded=excluded)
    assert len(found) == len(rest) and first.name not in read
    everything = frozenset(os.fsencode(p.relative_to(drawn)) for p in (first, *rest))
    with pytest.raises(BddsegError, match=f"no images with masks in its train split but the {len(everything)}"):
        open_cache(open_dataset(drawn), "train", SIZE, cache, excluded=everything)


def test_broken_samples_are_left_out_listed_and_looked_at_again_when_they_change(
    dataset: Path, cache: Path, read: list[str]
) -> None:
    names = images(dataset)
    good = names[0].read_bytes()
    names[0].write_bytes(b"broken")
    names[5].write_bytes(b"")
    split = opened(dataset, cache)
    assert len(split) == 10
    assert [names[i].name in line for i, line in zip((0, 5), split.left_out, strict=True)] == [True, True]
    read.clear()
    assert len(opened(dataset, cache)) == 10 and read == []
    names[0].write_bytes(good)
    assert len(opened(dataset, cache)) == 11 and read == [names[0].name]


def test_a_split_with_nothing_usable_is_one_line(dataset: Path, cache: Path) -> None:
    for path in images(dataset, "val"):
        path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(BddsegError, match="none of the 6 images of val can be used"):
            opened(dataset, cache, "val")


def test_a_disk_without_room_is_told_before_anything_is_read(
    drawn: Path, cache: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(drawn)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(BddsegError, match=r"takes 0\.1 MB more, and .* has 0\.0 MB free: make room"):
        opened(drawn, cache)
    assert read == [] and size_of(cache) == 0


def test_a_disk_that_fills_meanwhile_is_a_true_line_and_what_was_read_is_kept(
    drawn: Path, cache: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(BddsegError, match="cannot be written: the disk is full: make room"):
            opened(drawn, cache)
    assert size_of(cache) == 0
    real = cache_files.write_slot

    def full_at_ten(folder: Path, slot: int, *pixels: NDArray[np.uint8]) -> None:
        if slot == 9:
            full()
        real(folder, slot, *pixels)

    with monkeypatch.context() as patch:
        patch.setattr(caching, "write_slot", full_at_ten)
        with pytest.raises(BddsegError, match="the disk is full"):
            opened(drawn, cache)
    read.clear()
    assert np.array_equal(images_of(opened(drawn, cache)), expected(drawn))
    assert len(read) == 4


CODE = """
import os, signal, sys
from pathlib import Path
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.train import cache, cache_files
cache.COMMIT_EVERY_S = 0.0
real, n = cache.write_slot, 0
def write(*args):
    global n
    n += 1
    real(*args)
    if n == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
cache.write_slot = write
cache.open_cache(open_dataset(Path(sys.argv[1])), "train", (32, 64), Path(sys.argv[2]))
"""


@pytest.mark.parametrize(("at", "left"), [(1, 12), (10, 4)])
def test_a_build_that_was_killed_goes_on(drawn: Path, cache: Path, read: list[str], at: int, left: int) -> None:
    words = [sys.executable, "-c", CODE, os.fspath(drawn), os.fspath(cache), str(at)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    assert np.array_equal(images_of(opened(drawn, cache)), expected(drawn))
    assert len(read) == left


@pytest.mark.parametrize("name", ["index.sqlite", "images.u8", "masks.u8"])
@pytest.mark.parametrize("how", ["garbage", "gone"])
def test_a_damaged_cache_is_made_anew(drawn: Path, cache: Path, name: str, how: str) -> None:
    os.close(opened(drawn, cache).parts[0].lock)
    (path,) = cache.rglob(name)
    path.unlink()
    if how == "garbage":
        path.write_bytes(b"no cache" * 100)
    assert np.array_equal(images_of(opened(drawn, cache)), expected(drawn))


def test_caches_of_earlier_versions_are_told_apart(drawn: Path, cache: Path) -> None:
    opened(drawn, cache)
    (cache / "32x64-0123456789abcdef").mkdir()
    (cache / "something").mkdir()
    assert [(c.folder.name, c.earlier) for c in list_caches(cache)] == [
        ("32x64-0123456789abcdef", True),
        (cache_name(drawn, "train", SIZE), False),
    ]
