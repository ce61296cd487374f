"""The catalog's file: whatever the disk, a kill, another process or an earlier version does to it."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import Catalog, ImageScore, schema
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.workspace.workspace import Workspace
from tests.small_disk import mounted_disk

OLD = Path(__file__).with_name("catalog-version-2.sql")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    with mounted_disk(tmp_path / "disk", "3m") as disk:
        yield disk


def fill(disk: Path) -> Path:
    """Writes to the disk until nothing more goes in."""
    path = disk / "filling"
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    return path


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def leave_log(path: Path, statement: str) -> None:
    """Commits a statement in a process that is killed with the catalog open, so that it is in the log alone."""
    script = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute(sys.argv[2]); db.commit(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(path), statement], check=False)
    assert path.with_name(path.name + "-wal").stat().st_size


def scanned_on(disk: Path, dataset: Path) -> Collection:
    """The dataset's catalog on a disk, with a tag and an evaluation."""
    engine = Engine(Workspace(disk))
    opened = engine.data.open(dataset)
    engine.data.scan(opened, lambda done, total: None)
    rows = engine.data.find(opened, "split:val")
    opened.catalog.add_tag([rows[0].id], "mine")
    opened.catalog.record_scores("run/best-val", [ImageScore(r.image, r.image, 0.5, 0.5) for r in rows])
    return opened


def everything(catalog: Catalog) -> tuple[object, ...]:
    """What each way of reading says."""
    ids = catalog.find(parse_query(""))
    rows = catalog.rows(ids, "run/best-val")
    pages = list(catalog.stream(parse_query("sort:name"), "run/best-val"))
    names = (catalog.tags(), catalog.evaluations(), catalog.splits(), catalog.class_totals(), catalog.progress())
    return ids, rows, pages, names, catalog.find(parse_query("tag:mine")), catalog.images(parse_query("has:car"))


@pytest.mark.parametrize("state", ["full", "read-only", "full with a log", "read-only with a log"])
def test_everything_is_read_on_a_disk_that_cannot_be_written(state: str, small_disk: Path, dataset: Path) -> None:
    path = scanned_on(small_disk, dataset).catalog.path
    if "log" in state:
        leave_log(path, "INSERT INTO tags SELECT sample + 1, tag FROM tags")
        path.with_name(path.name + "-shm").unlink()
    copy = path.parent.parent.parent / "copy.sqlite"
    for ending in ("", "-wal"):
        if (source := path.with_name(path.name + ending)).exists():
            copy.with_name(copy.name + ending).write_bytes(source.read_bytes())
    expected = everything(Catalog(copy, dataset))
    if "full" in state:
        fill(small_disk)
    else:
        make_read_only(small_disk)
    catalog = Engine(Workspace(small_disk)).data.open(dataset).catalog
    assert everything(catalog) == expected
    assert len(catalog.find(parse_query("tag:mine"))) == (2 if "log" in state else 1)


def test_a_full_disk_is_called_that_and_nothing_is_lost_by_it(small_disk: Path, dataset: Path) -> None:
    opened = scanned_on(small_disk, dataset)
    filling = fill(small_disk)
    ids = opened.catalog.find(parse_query("split:train"))
    writes: list[Callable[[], object]] = [
        lambda: opened.catalog.add_tag(ids, "more"),
        lambda: opened.catalog.remove_tag(ids, "mine"),
        lambda: opened.catalog.record_scores("run/best-val", [ImageScore(dataset / "a", dataset / "b")]),
        lambda: opened.catalog.forget_scores("run/best-val"),
    ]
    for work in writes:
        with pytest.raises(BddsegError, match=r"cannot be written: the disk is full: make room$"):
            work()
    assert opened.catalog.tags() == ["mine"] and opened.catalog.evaluations() == ["run/best-val"]
    with pytest.raises(BddsegError, match=r"the disk is full: make room$"):
        Engine(Workspace(small_disk)).data.open(dataset / "images/10k/val")
    filling.unlink()
    opened.catalog.add_tag(ids, "more")
    assert opened.catalog.find(parse_query("tag:more")) == ids


def test_a_run_is_deleted_to_make_room_on_a_full_disk(small_disk: Path, dataset: Path) -> None:
    opened, engine = scanned_on(small_disk, dataset), Engine(Workspace(small_disk))
    run = create_run(engine.workspace, dataset, build_config("demo", []), "demo")
    opened.catalog.record_scores(f"{run.name}/best-val", [ImageScore(dataset / "images/10k/val/a.jpg", dataset / "p")])
    (run.folder / "checkpoint").write_bytes(bytes(200_000))
    fill(small_disk)
    engine.runs.delete(engine.runs.find("last"))
    assert engine.runs.list_runs() == [] and f"{run.name}/best-val" not in opened.catalog.evaluations()
    assert opened.catalog.tags() == ["mine"]


def test_a_read_only_disk_is_called_that(small_disk: Path, dataset: Path) -> None:
    opened = scanned_on(small_disk, dataset)
    make_read_only(small_disk)
    with pytest.raises(BddsegError, match="cannot be written: the file system is read-only"):
        opened.catalog.add_tag([1], "more")
    with pytest.raises(BddsegError, match="scan-lock cannot be written: the file system is read-only"):
        Engine(Workspace(small_disk)).data.scan(opened, lambda done, total: None)


# -- versions ------------------------------------------------------------------------------------------------


def old_catalog(path: Path) -> None:
    """A catalog as version 2 of the program wrote it: three samples, tags, an evaluation and predictions."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(OLD.read_text())


def check_of_version_2(catalog: Catalog) -> None:
    (row,) = catalog.rows(catalog.find(parse_query("tag:night tag:rain")), "0001-demo/best-val")
    assert (row.name, row.tags, row.counts and row.counts[0]) == ("b", ("night", "rain"), 5)
    assert row.figures == {"iou": 0.5, "biou": 0.4, "accuracy": 0.9, "confidence": 0.8, "brightness": 0.3}
    assert row.prediction == Path("/w/runs/0001-demo/evaluation/best-val/predictions/b.png")
    assert catalog.find(parse_query("missed:bus"), "0001-demo/best-val") == [row.id]
    assert catalog.evaluations() == ["0001-demo/best-test predicted", "0001-demo/best-val"]
    (test,) = catalog.rows(catalog.find(parse_query("split:test")), "0001-demo/best-test predicted")
    assert test.prediction == Path("/elsewhere/masks/sub/c.jpg.png") and test.miou is None
    assert catalog.tags() == ["night", "rain"] and catalog.splits() == {"train": 1, "val": 1, "test": 1}
    (first,) = catalog.rows(catalog.find(parse_query("split:train")), "0001-demo/best-val")
    assert first.prediction is None and first.tags == ("night",)


def test_a_catalog_of_version_2_keeps_everything(tmp_path: Path) -> None:
    old_catalog(tmp_path / "c.sqlite")
    for _ in range(2):
        check_of_version_2(Catalog(tmp_path / "c.sqlite", tmp_path))


def test_a_catalog_of_version_3_keeps_everything_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as db:
        db.executescript(OLD.with_name("catalog-version-3.sql").read_text())
    for _ in range(2):
        catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
        (row,) = catalog.rows(catalog.find(parse_query("tag:night tag:rain")), "0001-demo/best-val")
        assert (row.name, row.miou, row.predicted) == ("b", 0.5, None)
        assert row.prediction == Path("/w/runs/0001-demo/evaluation/best-val/predictions/b.png")
        assert "did not keep the predicted classes" in catalog.lacks_predicted("0001-demo/best-val")
    (first,) = catalog.rows(catalog.find(parse_query("split:train")))
    catalog.record_scores("0001-demo/best-val", [ImageScore(first.image, first.image, predicted=(5, *[0] * 19))])
    assert catalog.find(parse_query("pred:road>99%"), "0001-demo/best-val") == [first.id]


def test_a_catalog_of_version_2_is_read_where_it_cannot_be_brought_to_this_one(small_disk: Path) -> None:
    old_catalog(small_disk / "c.sqlite")
    make_read_only(small_disk)
    check_of_version_2(Catalog(small_disk / "c.sqlite", small_disk))


@pytest.mark.parametrize("statement", range(0, 26, 5))
def test_a_kill_while_a_catalog_is_brought_to_this_version_leaves_the_old_one(statement: int, tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    old_catalog(path)
    script = (
        "import os, sqlite3, sys\nfrom pathlib import Path\nfrom bddseg_tui.core.data.catalog import schema\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\ndb.execute('BEGIN IMMEDIATE')\n"
        "left = int(sys.argv[2])\n"
        "def step(_):\n    global left\n    left -= 1\n    if left < 0: os.kill(os.getpid(), 9)\n"
        "db.set_trace_callback(step)\nschema.upgrade(db, Path('/'))\nos.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(path), str(statement)], check=False)
    assert killed.returncode == -9
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
    check_of_version_2(Catalog(path, tmp_path))


def test_a_catalog_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    Catalog(path, tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(BddsegError, match="was written by a later version"):
        Catalog(path, tmp_path)
    assert path.read_bytes() == before
