"""The catalog when several use it at once, and when it holds much: short transactions, evaluations, pages."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import Catalog, ImageScore, InterruptedReadError, database, paths, samples
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError


def many(root: Path, count: int) -> Iterator[Sample]:
    for n in range(count):
        yield Sample("train", root / f"{n:06}.jpg", None)


def test_tags_are_written_while_another_process_lists_files(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    catalog.refresh(many(tmp_path, 100))
    script = (
        "import sys\nfrom pathlib import Path\nfrom bddseg_tui.core.data.catalog import Catalog\n"
        "from bddseg_tui.core.data.dataset import Sample\n"
        "root = Path(sys.argv[1])\ncatalog = Catalog(root / 'c.sqlite', root)\nprint('ready', flush=True)\n"
        "catalog.refresh(Sample('train', root / f'{n:06}.jpg', None) for n in range(12_000))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        written = 0
        while process.poll() is None:
            catalog.add_tag([1 + written % 100], f"t{written}")
            written += 1
    assert process.returncode == 0 and written
    assert len(catalog.tags()) == written and catalog.progress() == (12_000, 12_000)


def test_many_threads_tag_and_nothing_is_lost(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    catalog.refresh(many(tmp_path, 20))

    def work(name: str) -> None:
        for i in range(1, 21):
            catalog.add_tag([i], name)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(row.tags) == 6 for row in catalog.rows(range(1, 21)))


def test_a_lock_that_is_not_let_go_is_called_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE_S", 0.1)
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    with closing(sqlite3.connect(catalog.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BddsegError, match="cannot be written: another process is writing it"):
            catalog.add_tag([1], "mine")
        assert catalog.tags() == []


def test_what_is_not_wanted_any_more_ends(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    catalog.refresh(many(tmp_path, 8_000))
    with pytest.raises(InterruptedReadError):
        catalog.find(parse_query("sort:-bus"), unwanted=lambda: True)
    assert len(catalog.find(parse_query("sort:-bus"), unwanted=lambda: False)) == 8_000
    catalog.interrupt()
    with pytest.raises(InterruptedReadError):
        catalog.find(parse_query("sort:-bus"))


# -- scores --------------------------------------------------------------------------------------------------


def scored(root: Path, count: int, folder: str, miou: float = 0.5) -> Iterator[ImageScore]:
    for n in range(count):
        yield ImageScore(root / f"{n:06}.jpg", root / folder / f"{n:06}.png", 0.5, miou)


def test_an_evaluation_is_replaced_at_once_when_all_of_it_is_there(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    catalog.refresh(many(tmp_path, 2500))
    catalog.record_scores("run/best-val", scored(tmp_path, 2500, "p"))

    def looking() -> Iterator[ImageScore]:
        for n, score in enumerate(scored(tmp_path, 2500, "q", 0.75)):
            if n in (0, 1500, 2499):
                assert len(catalog.find(parse_query("iou=50%"), "run/best-val")) == 2500
            yield score

    catalog.record_scores("run/best-val", looking())
    assert len(catalog.find(parse_query("iou=75%"), "run/best-val")) == 2500
    assert catalog.evaluations() == ["run/best-val"]
    assert catalog.rows([7], "run/best-val")[0].prediction == tmp_path / "q/000006.png"


def test_an_evaluation_whose_writer_is_killed_leaves_the_old_one_and_is_taken_away(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    catalog.refresh(many(tmp_path, 3000))
    catalog.record_scores("run/best-val", scored(tmp_path, 3000, "p"))
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom bddseg_tui.core.data.catalog import Catalog, ImageScore\n"
        "root = Path(sys.argv[1])\n"
        "def scores():\n    for n in range(3000):\n        if n == 2500: os.kill(os.getpid(), 9)\n"
        "        yield ImageScore(root / f'{n:06}.jpg', root / 'q' / f'{n:06}.png', 1.0, 1.0)\n"
        "Catalog(root / 'c.sqlite', root).record_scores('run/best-val', scores())\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == -9
    with closing(sqlite3.connect(catalog.path)) as db:
        assert db.execute("SELECT count(*) FROM scores").fetchone() == (5000,)
    assert len(catalog.find(parse_query("iou=50%"), "run/best-val")) == 3000
    catalog.clear_left_over()
    with closing(sqlite3.connect(catalog.path)) as db:
        assert db.execute("SELECT count(*) FROM scores").fetchone() == (3000,)
        assert db.execute("SELECT count(*) FROM evaluations").fetchone() == (1,)


def test_forgetting_an_evaluation_gives_its_room_back(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    catalog.refresh(many(tmp_path, 5000))
    before = catalog.path.stat().st_size
    for n in range(3):
        catalog.record_scores(f"run/best-{n}", scored(tmp_path, 5000, "p"))
    grown = catalog.path.stat().st_size - before
    assert grown / 15_000 < 64
    for n in range(3):
        catalog.forget_scores(f"run/best-{n}")
    assert catalog.path.stat().st_size < before + grown / 10
    assert catalog.evaluations() == []


def test_predictions_that_follow_no_rule_are_found_again(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path)
    names = [b"a.jpg", b"not\xffutf8.jpg", b"two.dots.jpg", b"sub.jpg"]
    images = [tmp_path / os.fsdecode(name) for name in names]
    catalog.refresh(Sample("train", image, None) for image in images)
    predictions = [
        tmp_path / "p" / "a.png",
        tmp_path / "p" / os.fsdecode(b"not\xffutf8.png"),
        tmp_path / "p" / "two.dots.jpg.png",
        tmp_path / "elsewhere" / "sub.png",
    ]
    catalog.record_scores("run/x", [ImageScore(i, p) for i, p in zip(images, predictions, strict=True)])
    assert [r.prediction for r in catalog.find_images(images, "run/x")] == predictions
    assert [r.prediction for r in catalog.find_images(images, "run/none")] == [None] * 4


# -- in order ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "sort:-name", "split:val", "-has:bus", "sort:-car", "sort:iou", "tag:mine"])
@pytest.mark.parametrize("limit", [None, 3, 100])
def test_pages_hold_the_same_as_the_whole_list(
    text: str, limit: int | None, engine: Engine, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_FIRST_PAGE", 2)
    monkeypatch.setattr(samples, "PAGE", 5)
    collection.catalog.add_tag([2, 5, 9], "mine")
    ids = collection.catalog.find(parse_query(text))
    assert [r.id for r in engine.data.iterate(collection, text, limit=limit)] == ids[:limit]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/d/a/b.jpg", b"a/b.jpg"),
        ("/d/a/../b.jpg", b"b.jpg"),
        ("/d//a/./b.jpg", b"a/b.jpg"),
        ("/d/.hidden.jpg", b".hidden.jpg"),
        ("/d/../d/x.jpg", b"x.jpg"),
        ("/dd/x.jpg", b"../dd/x.jpg"),
    ],
)
def test_a_path_is_kept_relative_and_without_detours(path: str, kept: bytes) -> None:
    assert paths.relative(Path(path), Path("/d")) == kept
