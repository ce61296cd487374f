"""Areas that a person confirmed to be labelled wrongly: what a run does with them, as of when it is made."""

import os
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data.area_runs import Runs
from bddseg_tui.core.data.catalog.verdicts import Verdict, Word
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.confirmed_errors import LeftOut, WrongAreas, read_confirmed
from bddseg_tui.core.runs.excluded import read_excluded
from bddseg_tui.core.runs.run import Run
from bddseg_tui.tui.train.run_form import left_out_text

SKY: Runs = tuple((row, 0, 128) for row in range(10))


def judge(collection: Collection, split: str, number: int, word: Word = "confirmed", runs: Runs = SKY) -> bytes:
    """A verdict on the upper rows of an image of a split; returns the image."""
    row = [r for r in collection.catalog.rows(range(1, 100)) if r.split == split][number]
    assert row.mask is not None
    image = os.fsencode(row.image.relative_to(collection.dataset.root))
    found = Verdict(image, mask_hash(row.mask), 1, word, 10, 0, 1280, (0, 0, 128, 10), runs)
    assert collection.catalog.add_verdicts([found]) == 1
    return image


def made(engine: Engine, collection: Collection, *settings: str) -> Run:
    return engine.runs.create(collection.dataset.root, build_config("demo", settings), "demo")


def test_a_run_keeps_the_areas_that_were_confirmed_when_it_was_made(engine: Engine, collection: Collection) -> None:
    first, _ = judge(collection, "train", 0), judge(collection, "val", 0)
    judge(collection, "train", 1, "rejected")
    run = made(engine, collection)
    judge(collection, "train", 2)
    assert read_confirmed(run.folder) == {first: WrongAreas((128, 72), SKY, 1)} and not read_excluded(run.folder)
    out = made(engine, collection, "confirmed_errors=leave-out")
    assert len(read_excluded(out.folder)) == 2 and first in read_excluded(out.folder) and not read_confirmed(out.folder)
    kept = made(engine, collection, "confirmed_errors=keep")
    assert not read_excluded(kept.folder) and not read_confirmed(kept.folder)
    assert engine.configs.costs(collection.dataset.root).left_out == LeftOut(0, 2, 2)


def test_a_verdict_means_nothing_once_the_mask_was_mended(engine: Engine, collection: Collection) -> None:
    image = judge(collection, "train", 0)
    (row,) = collection.catalog.find_images([collection.dataset.root / os.fsdecode(image)])
    mask = Image.open(row.mask or Path())
    mask.putpixel((0, 0), 3)
    mask.save(row.mask or Path())
    assert read_confirmed(made(engine, collection).folder) == {}


def test_a_damaged_list_is_said_to_be_one(engine: Engine, collection: Collection) -> None:
    judge(collection, "train", 0)
    run = made(engine, collection)
    (run.folder / "confirmed-errors.json").write_text('{"a": {"size": [0, 5], "areas": 1, "pixels": ""}}')
    with pytest.raises(BddsegError, match="damaged"):
        read_confirmed(run.folder)


def test_the_form_says_what_a_run_will_not_learn_from() -> None:
    left_out = LeftOut(tagged=3, areas=1200, images=400)
    says = "left out: 3 tagged exclude; confirmed errors: 1,200 (images: 400), ignored"
    assert left_out_text(build_config("demo"), left_out) == says
    settings = build_config("demo", ["exclude=''", "confirmed_errors=leave-out"])
    says = "confirmed errors: 1,200 (images: 400), left out with their images"
    assert left_out_text(settings, left_out) == says
    assert left_out_text(build_config("demo"), LeftOut()) == ""
