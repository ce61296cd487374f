"""The worklist: what was found joined with what was said, and what leaves it in files and comes back."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.data.area_runs import Runs, box_of, count, packed
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.suspects import SuspectArea, suspects_path, write_suspects
from bddseg_tui.core.quality.worklist import WorkItem, count_words, pairs, place_of, select

UPPER: Runs = tuple((row, 0, 128) for row in range(10))
LOWER: Runs = tuple((row, 20, 60) for row in range(50, 70))
SMALL: Runs = ((40, 3, 9),)


def suspect(collection: Collection, number: int, area: int, runs: Runs, score: float, given: int = 10) -> SuspectArea:
    """An area of the train image of this number, counted from 0."""
    row = [r for r in collection.catalog.rows(range(1, 100)) if r.split == "train"][number]
    assert row.mask is not None
    sample = os.fspath(row.image.relative_to(collection.dataset.root))
    found = box_of(runs), packed(runs), score, mask_hash(row.mask)
    return SuspectArea(sample, area, given, 0, count(runs), *found)


@pytest.fixture
def found(engine: Engine, collection: Collection) -> Callable[..., tuple[WorkItem, ...]]:
    """Writes suspect areas and reads the worklist of them; without any those that are there."""

    def read(*areas: SuspectArea) -> tuple[WorkItem, ...]:
        if areas:
            write_suspects(suspects_path(engine.workspace, collection.dataset.root), areas, "3 folds")
        return engine.quality.worklist(collection).items

    return read


def three(collection: Collection) -> tuple[SuspectArea, ...]:
    lower = suspect(collection, 0, 2, LOWER, 0.3, 1)
    return lower, suspect(collection, 0, 1, UPPER, 0.1), suspect(collection, 1, 1, SMALL, 0.2)


def test_verdicts_are_kept_and_taken_back_and_the_list_is_chosen_from(
    engine: Engine, collection: Collection, found: Callable[..., tuple[WorkItem, ...]]
) -> None:
    assert not engine.quality.worklist(collection).searched
    items = found(*three(collection))
    assert [i.area.score for i in items] == [0.1, 0.2, 0.3] and items[0].area.runs == UPPER
    assert engine.quality.worklist(collection).about == "3 folds"
    assert engine.quality.judge(collection, items[:1], "confirmed") == 1
    engine.quality.judge(collection, items[2:], "rejected")
    now = found()
    assert [i.word for i in now] == ["confirmed", None, "rejected"]
    counts = count_words(now)
    assert (counts.confirmed, counts.rejected, counts.skipped, counts.left) == (1, 1, 0, 1)
    assert [i.area.pixels for i in select(now, "size")] == [1280, 800, 6]
    assert [i.area.given for i in select(now, "pair")] == [10, 10, 1] and pairs(now)[0] == ((10, 0), 2)
    assert select(now, state="left") == (now[1],) and select(now, given=1, predicted=0) == (now[2],)
    (taken,) = engine.quality.take_back(collection)
    assert place_of(now, taken) == 2 and found()[2].word is None


def test_an_area_that_is_found_anew_with_another_number_keeps_its_verdict(
    engine: Engine, collection: Collection, found: Callable[..., tuple[WorkItem, ...]]
) -> None:
    engine.quality.judge(collection, found(*three(collection)), "confirmed")
    larger = (*UPPER, (10, 0, 60))
    again = found(suspect(collection, 0, 7, larger, 0.4), suspect(collection, 0, 1, SMALL, 0.5))
    words = {(i.area.area, i.area.pixels): i.word for i in again}
    # That of another place is not meant by the number, and what is not suspect any more is still there.
    assert words == {(7, 1340): "confirmed", (1, 6): None, (2, 800): "confirmed"}
    engine.quality.judge(collection, [i for i in again if i.area.area == 7], "rejected")
    assert [v.word for v in collection.catalog.verdicts() if v.pixels == 1280] == ["rejected"]


def test_what_was_found_in_a_mask_that_was_mended_is_void(
    engine: Engine, collection: Collection, found: Callable[..., tuple[WorkItem, ...]]
) -> None:
    items = found(*three(collection))
    engine.quality.judge(collection, items, "confirmed")
    mask = items[0].row.mask or Path()
    Image.fromarray(np.full((72, 128), 3, np.uint8)).save(mask)
    worklist = engine.quality.worklist(collection)
    assert [i.area.pixels for i in worklist.items] == [6] and worklist.void == 2


def test_verdicts_go_into_a_table_and_come_back_into_another_workspace(
    engine: Engine, collection: Collection, found: Callable[..., tuple[WorkItem, ...]], tmp_path: Path
) -> None:
    items = found(*three(collection))
    engine.quality.judge(collection, items[:2], "confirmed")
    table = tmp_path / "verdicts.csv"
    assert engine.quality.export_verdicts(collection, table) == 2
    other = Engine(replace(engine.workspace, root=tmp_path / "other"))
    there = other.data.open(collection.dataset.root)
    other.data.scan(there, lambda done, total: None)
    table.write_text(table.read_text() + "nothing.jpg,confirmed,sky,road,0,0,1,1,1,,1,m,0,0:0-1\nx,y\n")
    read = other.quality.import_verdicts(there, table)
    assert (read.taken, read.had, read.unmatched, read.refused) == (2, 0, ("nothing.jpg",), 1)
    assert [replace(v, at=0) for v in there.catalog.verdicts()] == [
        replace(v, at=0) for v in collection.catalog.verdicts()
    ]
    assert other.quality.import_verdicts(there, table).had == 2
    with pytest.raises(BddsegError, match="there already"):
        engine.quality.export_verdicts(collection, table)


def test_masks_to_ignore_are_copies_and_never_over_a_persons_own_files(
    engine: Engine, collection: Collection, found: Callable[..., tuple[WorkItem, ...]], tmp_path: Path
) -> None:
    items = found(*three(collection))
    with pytest.raises(BddsegError, match="no label error is confirmed"):
        engine.quality.export_masks(collection, tmp_path / "masks")
    engine.quality.judge(collection, [i for i in items if i.area.pixels > 6], "confirmed")
    before = np.asarray(Image.open(items[0].row.mask or Path()))
    done = engine.quality.export_masks(collection, tmp_path / "masks")
    assert (done.masks, done.areas, done.changed) == (1, 2, ())
    copy = tmp_path / "masks" / (items[0].row.mask or Path()).relative_to(collection.dataset.root)
    after = np.asarray(Image.open(copy))
    assert (after[:10] == 255).all() and (after[50:70, 20:60] == 255).all() and (after[10:50] == before[10:50]).all()
    assert (np.asarray(Image.open(items[0].row.mask or Path())) == before).all()
    copy.write_bytes(b"mine")
    with pytest.raises(BddsegError):
        engine.quality.export_masks(collection, tmp_path / "masks")
    assert copy.read_bytes() == b"mine"
    with pytest.raises(BddsegError, match="never written"):
        engine.quality.export_masks(collection, collection.dataset.root)
