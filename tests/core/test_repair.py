"""A damaged catalog: it is called that, and its tags are saved."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.scan import scan_lock
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError


@pytest.fixture
def tagged(engine: Engine, collection: Collection) -> dict[str, tuple[str, ...]]:
    """Tags by the name of a sample: all have one, some have two."""
    rows = engine.data.find(collection, "")
    collection.catalog.add_tag([r.id for r in rows], "all")
    collection.catalog.add_tag([r.id for r in rows if r.split == "val"], "val")
    return {r.name: r.tags for r in engine.data.find(collection, "")}


def damage(path: Path, table: str) -> None:
    """Writes noise over a page of a table or index."""
    with closing(sqlite3.connect(path)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(random.Random(3).randbytes(size))


@pytest.mark.parametrize("table", ["tags", "tags_by_tag", "scores", "samples_in_order", "tag_names", "samples"])
def test_tags_are_saved_out_of_a_damaged_catalog(
    table: str, engine: Engine, collection: Collection, tagged: dict[str, tuple[str, ...]]
) -> None:
    path, root = collection.catalog.path, collection.dataset.root
    damage(path, table)
    before = path.read_bytes()
    done = engine.data.repair(root)
    assert (done.tags, done.samples) == (2, 21)
    assert done.kept.read_bytes() == before
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []
    opened = engine.data.open(root)
    engine.data.scan(opened, lambda done, total: None)
    found = {r.name: r.tags for r in engine.data.find(opened, "")}
    assert found == tagged
    assert [r.split for r in engine.data.find(opened, "")] == ["train"] * 12 + ["val"] * 6 + ["test"] * 3


def test_a_damaged_catalog_says_what_to_do(engine: Engine, collection: Collection) -> None:
    damage(collection.catalog.path, "samples_in_order")
    with pytest.raises(BddsegError, match=r"damaged .*Your tags are in it: `bddseg-tui data repair .*has it made anew"):
        collection.catalog.splits()


def test_a_file_that_is_no_catalog_is_kept_and_replaced(engine: Engine, dataset: Path) -> None:
    path = engine.workspace.catalog_path(dataset)
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(BddsegError, match="it is damaged"):
        engine.data.open(dataset)
    done = engine.data.repair(dataset)
    assert done.tags == 0 and done.kept.read_bytes() == b"this is not a database" * 100
    engine.data.open(dataset)


def test_a_catalog_that_is_not_damaged_stays_as_it_is(engine: Engine, collection: Collection) -> None:
    before = collection.catalog.path.read_bytes()
    with pytest.raises(BddsegError, match="is not damaged"):
        engine.data.repair(collection.dataset.root)
    assert collection.catalog.path.read_bytes() == before
    with scan_lock(collection.catalog.path), pytest.raises(BddsegError, match="is being scanned"):
        engine.data.repair(collection.dataset.root)


def test_tags_in_the_log_of_a_damaged_catalog_are_saved_too(engine: Engine, collection: Collection) -> None:
    from tests.core.test_catalog import leave_log

    collection.catalog.add_tag([1], "old")
    damage(collection.catalog.path, "scores")
    leave_log(collection.catalog.path, "INSERT INTO tags SELECT 2, id FROM tag_names")
    assert engine.data.repair(collection.dataset.root).samples == 2
