import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from PIL import Image

from bddseg_tui.core.data import scan as scanning
from bddseg_tui.core.data.catalog import ImageScore
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    read: list[Path] = []
    original = scanning.scan_sample

    def counted(item: tuple[int, Path, Path | None]) -> object:
        read.append(item[1])
        return original(item)

    monkeypatch.setattr(scanning, "scan_sample", counted)
    return read


def rescan(engine: Engine, collection: Collection) -> None:
    engine.data.scan(collection, lambda done, total: None)


def test_a_rescan_reads_only_what_changed(
    engine: Engine, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = count_reads(monkeypatch)
    rescan(engine, collection)
    assert read == []
    row = engine.data.find(collection, "split:val")[0]
    assert row.mask
    Image.new("L", (128, 72), 10).save(row.mask)
    rescan(engine, collection)
    assert read == [row.image]
    assert engine.data.find(collection, f"name:{row.name}")[0].share(10) == 100.0


def test_a_changed_sample_keeps_its_tags(engine: Engine, collection: Collection) -> None:
    row = engine.data.find(collection, "")[0]
    collection.catalog.add_tag([row.id], "mine")
    os.utime(row.image, ns=(1, 1))
    rescan(engine, collection)
    assert [r.name for r in engine.data.find(collection, "tag:mine")] == [row.name]


def test_files_that_are_gone_are_not_shown_any_more(engine: Engine, collection: Collection) -> None:
    gone = engine.data.find(collection, "")[0]
    gone.image.unlink()
    rescan(engine, collection)
    catalog = collection.catalog
    assert catalog.progress() == (20, 0)
    assert sum(catalog.splits().values()) == 20
    assert gone.id not in catalog.find(parse_query(""))
    assert catalog.rows([gone.id]) == catalog.find_images([gone.image]) == []
    assert gone.image not in catalog.images(parse_query(""))
    assert catalog.absent() == 1


def test_tags_and_scores_come_back_with_the_images_that_were_absent(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "split:val")
    catalog = collection.catalog
    catalog.add_tag([rows[0].id], "mine")
    catalog.record_scores("run/best-val", [ImageScore(r.image, r.image.with_suffix(".png"), 0.5, 0.25) for r in rows])
    folder = rows[0].image.parent
    away = folder.with_name("away")
    folder.rename(away)
    rescan(engine, engine.data.open(collection.dataset.root))
    assert catalog.progress() == (15, 0)
    assert engine.data.find(collection, "tag:mine") == engine.data.find(collection, "is:scored", "run/best-val") == []
    assert catalog.class_totals("val") == [(0, 0)] * 20
    away.rename(folder)
    rescan(engine, collection)
    assert [r.name for r in engine.data.find(collection, "tag:mine")] == [rows[0].name]
    scored = engine.data.find(collection, "split:val", "run/best-val")
    assert [(r.miou, r.prediction, r.counts) for r in scored] == [
        (0.25, r.image.with_suffix(".png"), r.counts) for r in rows
    ]


def test_images_that_are_back_are_not_read_again(
    engine: Engine, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = engine.data.find(collection, "")[0].image
    image.rename(image.with_suffix(".away"))
    rescan(engine, collection)
    image.with_suffix(".away").rename(image)
    read = count_reads(monkeypatch)
    rescan(engine, collection)
    assert read == [] and collection.catalog.progress() == (21, 0)


def test_a_dataset_that_is_all_gone_is_an_error_and_changes_nothing(engine: Engine, collection: Collection) -> None:
    for image in (collection.dataset.root / "images").rglob("*.jpg"):
        image.unlink()
    with pytest.raises(BddsegError, match="is its disk there"):
        rescan(engine, collection)
    assert collection.catalog.progress() == (21, 0)
    shutil.rmtree(collection.dataset.root)
    with pytest.raises(BddsegError, match="cannot be listed: it does not exist"):
        rescan(engine, collection)
    assert collection.catalog.progress() == (21, 0)


def test_broken_files_become_problems_and_end_nothing(engine: Engine, collection: Collection) -> None:
    row = engine.data.find(collection, "split:train")[0]
    assert row.mask
    row.mask.write_bytes(b"broken")
    rescan(engine, collection)
    found = engine.data.find(collection, "is:problem")
    assert [(r.name, (r.problem or "").split(":")[0]) for r in found] == [(row.name, "unreadable-mask")]


def test_an_interrupted_scan_goes_on_where_it_stopped(
    engine: Engine, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = engine.data.open(dataset)
    monkeypatch.setattr(scanning, "COMMIT_EVERY_S", -1.0)

    def interrupt(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.data.scan(opened, interrupt)
    assert opened.catalog.progress() == (21, 16)
    read = count_reads(monkeypatch)
    rescan(engine, opened)
    assert len(read) == 16


def test_a_killed_scan_leaves_no_lock_behind(engine: Engine, dataset: Path) -> None:
    opened = engine.data.open(dataset)
    holder = (
        "import sys, time; from pathlib import Path; from bddseg_tui.core.data.scan import scan_lock\n"
        "with scan_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder, str(opened.catalog.path)], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    assert not scanning.scan(opened.catalog, opened.dataset, lambda done, total: None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert scanning.scan(opened.catalog, opened.dataset, lambda done, total: None)


def test_a_second_scan_waits_for_the_first_and_then_finds_everything(engine: Engine, dataset: Path) -> None:
    opened = engine.data.open(dataset)
    with scanning.scan_lock(opened.catalog.path) as free:
        assert free
        waiting = engine.data.start_scan(opened)
        assert waiting.stdout
        assert waiting.stdout.readline() == b'{"done": 0, "total": 0}\n'
    assert b'{"done": 21, "total": 21}' in waiting.stdout.read()
    assert opened.catalog.progress() == (21, 0)


def test_a_scan_in_a_process_of_its_own_fills_the_catalog(engine: Engine, dataset: Path) -> None:
    opened = engine.data.open(dataset)
    process = engine.data.start_scan(opened)
    assert process.stdout
    assert b'"total": 21' in process.stdout.read()
    assert process.wait() == 0
    assert opened.catalog.progress() == (21, 0)


def test_a_scan_process_says_why_it_failed(engine: Engine, dataset: Path) -> None:
    opened = engine.data.open(dataset)
    shutil.rmtree(dataset)
    process = engine.data.start_scan(opened)
    assert process.stdout
    assert "does not exist" in json.loads(process.stdout.read())["error"]
    assert process.wait() == 1


def test_the_scan_process_ends_when_its_starter_is_killed(engine: Engine, dataset: Path) -> None:
    opened = engine.data.open(dataset)
    starter = (
        "import sys, time\nfrom pathlib import Path\n"
        "from bddseg_tui.core.engine import Engine\nfrom core.workspace.workspace import Workspace\n"
        "engine = Engine(Workspace(Path(sys.argv[1])))\n"
        "print(engine.data.start_scan(engine.data.open(Path(sys.argv[2]))).pid, flush=True); time.sleep(600)"
    )
    # The lock is held here, so that the scan does not end by itself.
    with scanning.scan_lock(opened.catalog.path):
        words = [sys.executable, "-c", starter, str(engine.workspace.root), str(dataset)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            assert process.stdout
            scan = psutil.Process(int(process.stdout.readline()))
            process.kill()
        psutil.wait_procs([scan], timeout=20)
        assert not scan.is_running() or scan.status() == psutil.STATUS_ZOMBIE


def test_ending_a_scan_ends_its_workers_at_once(engine: Engine, dataset: Path) -> None:
    opened = engine.data.open(dataset)
    with scanning.scan_lock(opened.catalog.path):
        process = engine.data.start_scan(opened)
        assert process.stdout and process.stdout.readline()
        engine.data.end_scan(process)
        assert process.wait(timeout=20) != 0


def test_a_read_only_dataset_is_scanned_and_left_as_it_was(engine: Engine, dataset: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in dataset.rglob("*")}
    for path in sorted(before, reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    rescan(engine, engine.data.open(dataset))
    assert {p: p.stat().st_mtime_ns for p in dataset.rglob("*")} == before


def test_names_with_anything_in_them_are_catalogued(engine: Engine, dataset: Path) -> None:
    images, masks = dataset / "images/10k/train", dataset / "labels/sem_seg/masks/train"
    stems = [
        b"esc\x1b[31mred",
        b"new\nline",
        "right\u202eleft".encode(),
        b"not\xffutf8",
        b"n" * 251,
        b"-rf *",
        b"'quote\"",
    ]
    for stem in stems:
        Image.new("RGB", (16, 12)).save(Path(os.fsdecode(os.fsencode(images) + b"/" + stem + b".jpg")), "JPEG")
        Image.new("L", (16, 12), 3).save(Path(os.fsdecode(os.fsencode(masks) + b"/" + stem + b".png")), "PNG")
    opened = engine.data.open(dataset)
    rescan(engine, opened)
    found = engine.data.find(opened, "class:wall>99%")
    assert len(found) == len(stems)
    assert all(r.name.isprintable() for r in found)
    assert all(r.image.exists() for r in found)
    predictions = [ImageScore(r.image, r.image.with_suffix(".png"), 0.5, 0.5) for r in found]
    opened.catalog.record_scores("run/best-train", predictions)
    scored = engine.data.find(opened, "is:scored", "run/best-train")
    assert {r.prediction for r in scored} == {p.prediction for p in predictions}
