"""Random crops: how large they are, where they lie, what a class may fill of them, and runs that train on them."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.cache_size import cache_bytes, labelled_images, mean_pixels, sizes_of_some
from bddseg_tui.core.runs.config import build_config, validate
from bddseg_tui.core.runs.export_kinds import ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train import image_sizes
from bddseg_tui.train.augment import augment
from bddseg_tui.train.batches import packed, unpacked
from bddseg_tui.train.cache import open_cache
from bddseg_tui.train.crops import draw_crops, largest_share
from bddseg_tui.train.draws import TRIES, draw_augmentations, draw_distortions, draw_tries
from bddseg_tui.train.losses import IGNORE_INDEX
from bddseg_tui.train.photometric import distorted
from tests.train.in_process import evaluate, export_to, fit, predict, small_config
from tests.train.test_export import mask_by_the_card

OWN_SIZE = ("height=0", "width=0", "crop_height=48", "crop_width=64")


@pytest.fixture(scope="module")
def two_sizes(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn dataset (128x72), every third image of which is 100x60."""
    root = tmp_path_factory.mktemp("two-sizes")
    for source in sorted(p for p in drawn.rglob("*") if p.suffix in (".jpg", ".png")):
        to = root / source.relative_to(drawn)
        to.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(source) as image:
            smaller = sum(map(ord, source.stem)) % 3 == 0
            way = Image.Resampling.NEAREST if source.suffix == ".png" else Image.Resampling.BILINEAR
            (image.resize((100, 60), way) if smaller else image).save(to)
    return root


@pytest.fixture(scope="module")
def native(two_sizes: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on crops of these images, each at its own size."""
    engine = Engine(Workspace(tmp_path_factory.mktemp("native")))
    settings = (
        "epochs=2",
        "rare_crops=0.5",
        "cat_max_ratio=0.7",
        "photometric_distortion=true",
        "scale_sampling=uniform",
    )
    return fit(engine, two_sizes, small_config(*OWN_SIZE, *settings))


def test_a_crop_has_the_size_that_is_set_whatever_the_zoom_and_the_images_size() -> None:
    config = build_config(
        None, [*OWN_SIZE, "scale_min=0.3", "scale_max=3", "crop_height=96", "crop_width=128", "color_jitter=0"]
    )
    for side in ((72, 128), (300, 90), (97, 129)):
        images, masks = torch.zeros(20, 3, *side, dtype=torch.uint8), torch.zeros(20, *side, dtype=torch.uint8)
        out, out_masks = augment(images, masks, config, draw_augmentations(20, (1,)))
        assert out.shape == (20, 3, 96, 128) and out_masks.shape == (20, 96, 128)
        # What is padded is no class, and everything else is.
        assert set(out_masks.unique().tolist()) == {0, IGNORE_INDEX}
        assert ((out[:, 0] == 0) == (out_masks == 0)).float().mean() > 0.98


def test_crops_lie_everywhere_and_are_zoomed_as_is_set() -> None:
    draws = draw_augmentations(4000, (3,))
    sizes = [(720, 1280)] * 4000
    for sampling, middle in (("uniform", 1.25), ("log-uniform", 1.0)):
        settings = ["crop_height=300", "crop_width=400", f"scale_sampling={sampling}", "scale_min=0.5", "scale_max=2"]
        crops = draw_crops(sizes, build_config(None, settings), draws)
        zooms = [c.rows.length / c.rows.taken for c in crops]
        assert min(zooms) == pytest.approx(0.5, abs=0.01) and max(zooms) == pytest.approx(2, abs=0.01)
        assert np.median(zooms) == pytest.approx(middle, abs=0.04)
        assert min(c.columns.start for c in crops) < 10
        assert max(c.columns.start + c.columns.taken for c in crops) == 1280
        assert np.mean([c.mirrored for c in crops]) == pytest.approx(0.5, abs=0.03)


def test_a_crop_that_one_class_fills_is_drawn_again() -> None:
    mask = np.zeros((200, 400), np.uint8)
    mask[:, 300:] = 11
    mask[:100, 200:] = 19
    settings = ["crop_height=64", "crop_width=64", "scale_min=1", "scale_max=1", "unknown=ignore"]
    config = build_config(None, [*settings, "cat_max_ratio=0.75"])
    draws, tries = draw_augmentations(300, (1,)), draw_tries(300, (1,))

    def filled(tries: torch.Tensor | None) -> float:
        crops = draw_crops([mask.shape] * 300, config, draws, (), [mask] * 300, tries)
        parts = [mask[c.rows.start :, c.columns.start :][: c.rows.taken, : c.columns.taken] for c in crops]
        return float(np.mean([largest_share(part, True) > 0.75 for part in parts]))

    # Of 300 crops, one in fifteen will do at the first try: after ten tries half of them do.
    assert filled(None) > 0.9 and filled(tries) == pytest.approx(filled(None) ** TRIES, abs=0.06)
    assert largest_share(np.full((4, 4), 19, np.uint8), True) == 1
    assert largest_share(np.array([[0, 0, 0, 2]], np.uint8), True) == 0.75


def test_photometric_distortion_is_mmsegmentations() -> None:
    draws = draw_distortions(2000, (1,))
    grey = torch.full((2000, 3, 1, 1), 100, dtype=torch.uint8)
    levels = distorted(grey, draws)[:, 0, 0, 0].float()
    # Of a grey only brightness and contrast change: a quarter keeps it; 100 to 132 times 1.5 is the most.
    assert (levels == 100).float().mean() == pytest.approx(0.25, abs=0.04)
    assert 30 <= levels.min() < 40 and 190 < levels.max() <= 198
    red = torch.tensor([200, 40, 40], dtype=torch.uint8).view(1, 3, 1, 1).expand(2000, -1, -1, -1)
    assert torch.equal(distorted(red, torch.ones(2000, 9)), red)
    turned = distorted(red, torch.cat([torch.ones(2000, 7), torch.zeros(2000, 1), draws[:, 8:]], dim=1)).float()
    # A hue that turns leaves the largest and smallest channel's values as they are.
    assert (turned.amax(1) - 200).abs().max() <= 1 and (turned.amin(1) - 40).abs().max() <= 1
    assert turned[:, 1].max() > 100 and turned[:, 2].max() > 100


def test_what_is_sent_to_a_gpu_in_one_piece_is_what_was_packed() -> None:
    pairs = [
        (
            torch.randint(0, 256, (3, h, w), dtype=torch.uint8)[:, 1:, 2:],
            torch.randint(0, 20, (h, w), dtype=torch.uint8),
        )
        for h, w in ((5, 9), (8, 4))
    ]
    found = unpacked(packed(pairs), [(image.shape, mask.shape) for image, mask in pairs])
    for (a, b), (c, d) in zip(found, pairs, strict=True):
        assert torch.equal(a, c) and torch.equal(b, d)


def test_images_of_several_sizes_are_cached_each_at_its_own(two_sizes: Path, tmp_path: Path) -> None:
    split = open_cache(open_dataset(two_sizes), "train", None, tmp_path / "cache")
    assert sorted(p.size for p in split.parts) == [(60, 100), (72, 128)]
    for row, (image, mask) in enumerate(split.files):
        with Image.open(two_sizes / os.fsdecode(image)) as picture:
            assert np.array_equal(split.image(row).transpose(1, 2, 0), np.asarray(picture.convert("RGB")))
        with Image.open(two_sizes / os.fsdecode(mask)) as ids:
            assert np.array_equal(np.where(split.mask(row) == 19, 255, split.mask(row)), np.asarray(ids))
    assert [image for image, _ in split.files] == sorted(image for image, _ in split.files)
    some = open_cache(open_dataset(two_sizes), "train", None, tmp_path / "cache", limit=5)
    assert len(some) == 5
    labelled = labelled_images(open_dataset(two_sizes))
    pixels = mean_pixels(sizes_of_some(labelled.some))
    on_disk = sum(p.stat().st_size for p in (tmp_path / "cache").rglob("*.u8"))
    config = build_config(None, [*OWN_SIZE])
    counts = {"train": labelled.counts["train"]}
    assert cache_bytes(config, counts, pixels) == pytest.approx(on_disk, rel=0.1)


def test_too_many_sizes_are_refused_with_what_to_do(
    two_sizes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_sizes, "MOST_SIZES", 1)
    with pytest.raises(BddsegError, match=r"2 different sizes.*set height and width"):
        open_cache(open_dataset(two_sizes), "train", None, tmp_path)


def test_a_run_on_crops_validates_and_evaluates_whole_images(native: Run) -> None:
    start = next(e for e in read_events(native.events) if e["kind"] == "start")
    epochs = [e for e in read_events(native.events) if e["kind"] == "epoch"]
    assert start["train_images"] == 12 and len(epochs) == 2 and epochs[0]["miou19"] is not None
    result = json.loads((evaluate(native) / "result.json").read_text())
    assert result["images"] == 6
    # At its own size nothing is interpolated: what validation counted and the evaluation are the same.
    best = max(epochs, key=lambda e: e["miou19"] or 0)
    assert result["miou19"] == pytest.approx(best["miou19"], abs=1e-6)


@pytest.mark.parametrize("kind", ["torchscript", "smp"])
def test_a_stranger_runs_an_export_on_a_photograph_as_large_as_it_is(
    native: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportKind
) -> None:
    photo = tmp_path / "photos/photo.png"
    photo.parent.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (61, 93, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(photo)
    export_to(native, kind, tmp_path / "export")
    mask = mask_by_the_card(tmp_path / "export", photo, tmp_path / "mask.png", monkeypatch)
    predict(native, photo.parent, tmp_path / "predicted")
    with Image.open(tmp_path / "predicted/masks/photo.png") as image:
        expected: NDArray[np.uint8] = np.asarray(image)
    assert mask.shape == (61, 93) and np.array_equal(mask, expected)


def test_training_ends_after_the_steps_that_are_set(engine: Engine, drawn: Path) -> None:
    run = fit(engine, drawn, small_config("steps=4", "epochs=1"))
    steps = [e for e in read_events(run.events) if e["kind"] == "step"]
    assert [(e["step"], e["epoch"]) for e in steps] == [(1, 1), (2, 1), (3, 1), (4, 2)]
    assert (steps[-1]["lr"] or 0) < (steps[1]["lr"] or 0) and run.checkpoints() == ["best", "last"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (["height=0"], "height and width are both 0"),
        (["height=0", "width=0"], "need crops"),
        (["crop_height=64"], "crop_height and crop_width are both 0"),
        (["crop_height=16", "crop_width=64"], "at least 32"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(settings: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        build_config(None, settings)


def test_settings_of_earlier_versions_train_on_whole_images_of_their_size() -> None:
    config = validate({"height": 96, "width": 160})
    assert config.image_size == config.train_size == (96, 160)
    draws = draw_augmentations(8, (1,))
    assert all(c.size == (96, 160) for c in draw_crops([(96, 160)] * 8, config, draws))
