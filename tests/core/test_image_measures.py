"""What is measured of images and masks, with truths that are known by construction."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.quality.image_measures import measure
from bddseg_tui.core.quality.places import places_of, unpacked


def quiet(done: int, total: int) -> None:
    pass


def photograph(path: Path, seed: int, shift: int = 0) -> np.ndarray:
    """Writes a picture of rectangles in noise; returns a mask of them, moved to the right by `shift` pixels."""
    random = np.random.default_rng(seed)
    pixels, mask = random.integers(60, 90, (144, 256, 3)).astype(np.uint8), np.zeros((144, 256), np.uint8)
    for class_id in range(1, 9):
        top, left = random.integers(5, 100), random.integers(5, 200)
        pixels[top : top + 30, left : left + 40] = random.integers(100, 250, 3)
        mask[top : top + 30, left : left + 40] = class_id
    Image.fromarray(pixels).save(path, quality=95)
    return np.roll(mask, shift, axis=1)


def measured(folder: Path, mask: np.ndarray, name: str = "a.jpg") -> dict[str, float]:
    Image.fromarray(mask).save(folder / "mask.png")
    return measure((1, folder / name, folder / "mask.png", 256 / 144)).values


def test_a_mask_of_another_image_and_one_that_slipped_fit_worse(tmp_path: Path) -> None:
    for seed in range(4):
        right = photograph(tmp_path / "a.jpg", seed)
        fit = measured(tmp_path, right)["mask-fit"]
        assert measured(tmp_path, np.roll(right, 8, axis=1))["mask-fit"] < fit - 0.1
        assert measured(tmp_path, photograph(tmp_path / "other.jpg", seed + 50))["mask-fit"] < fit - 0.1


def test_blur_darkness_light_and_shape_are_told_by_their_measures(tmp_path: Path) -> None:
    mask = photograph(tmp_path / "a.jpg", 1)
    sharp = measured(tmp_path, mask)
    Image.open(tmp_path / "a.jpg").filter(ImageFilter.GaussianBlur(4)).save(tmp_path / "b.jpg")
    assert measured(tmp_path, mask, "b.jpg")["sharpness"] < sharp["sharpness"] / 2
    Image.new("RGB", (256, 144), (3, 3, 3)).save(tmp_path / "b.png")
    assert measured(tmp_path, mask, "b.png")["underexposed"] == 1 and sharp["underexposed"] == 0
    Image.new("RGB", (144, 144), (255, 255, 255)).save(tmp_path / "c.png")
    values = measure((1, tmp_path / "c.png", None, 256 / 144)).values
    assert values["overexposed"] == 1 and values["odd-shape"] == pytest.approx(1 - 144 / 256)
    assert "mask-fit" not in values
    assert measure((1, tmp_path / "none.png", None, 1.0)).values == {}


def test_where_a_class_is_and_how_large_its_objects_are_is_kept_in_few_bytes() -> None:
    mask = np.zeros((180, 320), np.uint8)
    mask[90:, :160] = 13
    mask[10:20, 200:210] = 5
    mask[10:20, 250:260] = 5
    places = unpacked(*places_of(mask).packed())
    assert (places.grid[13, 9:, :16] == 255).all() and places.grid[13].astype(int).sum() == 255 * 9 * 16
    assert places.objects[5].sum() == 2 and places.objects[5, int(np.floor(-np.log2(100 / mask.size)))] == 2
    assert places.objects[13, 2] == 1


def test_measuring_goes_on_where_it_was_ended_and_what_changed_is_measured_anew(
    engine: Engine, collection: Collection
) -> None:
    class EnoughError(Exception):
        pass

    def enough(done: int, total: int) -> None:
        if done:
            raise EnoughError

    with pytest.raises(EnoughError):
        engine.quality.measure(collection, enough)
    engine.quality.measure(collection, quiet)
    assert engine.quality.unmeasured(collection) == 0 and collection.catalog.measured()["sharpness"] == 21
    row = engine.data.find(collection, "split:train sort:mask-fit")[0]
    os.utime(row.image, (1, 1))
    engine.data.scan(collection, quiet)
    assert engine.quality.unmeasured(collection) == 1 and collection.catalog.measured()["sharpness"] == 20


def test_odd_images_are_found_and_splits_compared(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "split:train")
    Image.new("RGB", (128, 128), (255, 255, 255)).save(rows[0].image)
    engine.quality.measure(collection, quiet)
    kinds = {odd.kind.measure for odd in engine.quality.odd_images(collection) if odd.row.name == rows[0].name}
    assert {"overexposed", "odd-shape"} <= kinds
    places = engine.quality.class_places(collection, "train")
    assert places.masks == 11 and places.heat[10, :4].mean() > places.heat[10, -4:].mean(), "the sky is above"
    assert places.likelier(0, 10) == pytest.approx(1.0, abs=0.3)
    found = engine.quality.split_differences(collection)
    assert found and all(-1 <= d.delta <= 1 and 0 <= d.p <= 1 for d in found)


def test_a_planted_difference_is_the_first_and_the_others_are_no_more_than_chance(
    engine: Engine, collection: Collection
) -> None:
    for row in engine.data.find(collection, "split:val"):
        assert row.mask is not None
        mask = np.asarray(Image.open(row.mask)).copy()
        mask[:, :64] = 9
        Image.fromarray(mask).save(row.mask)
    engine.quality.measure(collection, quiet)
    first = engine.quality.split_differences(collection)[0]
    assert (first.name, first.size) == ("terrain", "large") and first.p < 0.05 and first.delta > 0.9
