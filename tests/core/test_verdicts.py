"""Verdicts on areas: appended, taken back, and lost by nothing that happens to the catalog or the dataset."""

import os
import shutil
from pathlib import Path

import pytest

from bddseg_tui.core.data.area_runs import from_text, packed, unpacked
from bddseg_tui.core.data.catalog.verdicts import Verdict, Word
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import RecordError
from tests.core.test_repair import damage

RUNS = ((2, 0, 4), (3, 1, 5))


def verdict(image: bytes, area: int, word: Word) -> Verdict:
    box = 0, 2, 5 * area, 4
    return Verdict(image, "m", area, word, given=10, predicted=0, pixels=8, box=box, runs=RUNS, score=0.1)


@pytest.fixture
def images(collection: Collection) -> list[bytes]:
    """The images of the dataset, relative to it."""
    return sorted(image for image, _ in collection.catalog.image_ids())


def words(collection: Collection) -> list[tuple[bytes, int, str]]:
    return [(v.image, v.area, v.word) for v in collection.catalog.verdicts()]


def test_the_last_verdict_of_an_area_holds_and_taking_it_back_brings_the_one_before(
    collection: Collection, images: list[bytes]
) -> None:
    catalog, image = collection.catalog, images[0]
    catalog.add_verdicts([verdict(image, 1, "skipped"), verdict(image, 2, "rejected")])
    catalog.add_verdicts([verdict(image, 1, "confirmed")])
    assert words(collection) == [(image, 1, "confirmed"), (image, 2, "rejected")]
    (taken,) = catalog.take_back_verdicts()
    assert (taken.verdict.area, taken.verdict.word) == (1, "confirmed") and taken.before is not None
    assert taken.before.word == "skipped"
    assert words(collection) == [(image, 1, "skipped"), (image, 2, "rejected")]
    assert catalog.verdicts("rejected")[0].runs == RUNS
    assert catalog.add_verdicts([verdict(b"unknown.jpg", 1, "skipped")]) == 0


def test_verdicts_wait_for_an_image_that_is_away_and_outlast_a_mask_that_was_mended(
    engine: Engine, collection: Collection, images: list[bytes]
) -> None:
    image = next(i for i in images if b"train" in i)
    collection.catalog.add_verdicts([verdict(image, 1, "confirmed")])
    path = collection.dataset.root / os.fsdecode(image)
    away = path.rename(path.with_suffix(".away"))
    engine.data.scan(collection, lambda done, total: None)
    assert words(collection) == []
    away.rename(path)
    os.utime(path, (1, 1))
    engine.data.scan(collection, lambda done, total: None)
    assert words(collection) == [(image, 1, "confirmed")]


@pytest.mark.parametrize("table", ["verdicts", "verdicts_by_area", "samples_in_order"])
def test_verdicts_are_saved_out_of_a_damaged_catalog(
    table: str, engine: Engine, collection: Collection, images: list[bytes]
) -> None:
    wanted = [verdict(image, 1, "confirmed") for image in images]
    collection.catalog.add_verdicts(wanted)
    damage(collection.catalog.path, table)
    saved = engine.data.repair(collection.dataset.root).verdicts
    opened = engine.data.open(collection.dataset.root)
    engine.data.scan(opened, lambda done, total: None)
    # A table of one page is lost whole; what stands on other pages, or in an index alone, is not.
    assert len(words(opened)) == saved == (0 if table == "verdicts" else len(images))


def test_a_dataset_that_moves_takes_its_verdicts_along_and_they_guard_its_catalog(
    engine: Engine, collection: Collection, images: list[bytes]
) -> None:
    collection.catalog.add_verdicts([verdict(images[0], 1, "rejected")])
    new = Path(shutil.move(collection.dataset.root, collection.dataset.root.with_name("new")))
    engine.data.move(collection.dataset.root, new)
    assert words(engine.data.open(new)) == [(images[0], 1, "rejected")]
    shutil.rmtree(new)
    (left,) = [item for item in engine.disk_use() if item.kind == "catalog"]
    assert left.tags == 1
    assert engine.free(["all"]).items == () or collection.catalog.path.exists()


def test_the_pixels_of_an_area_come_back_from_bytes_and_words_and_what_is_none_is_refused() -> None:
    assert unpacked(packed(RUNS)) == RUNS == from_text("2:0-4+3:1-5")
    for broken in (b"", b"nothing", packed(RUNS)[:-3]):
        with pytest.raises(RecordError):
            unpacked(broken)
    with pytest.raises(RecordError):
        from_text("2:0-4+x:1-5")
