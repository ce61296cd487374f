"""What takes room in the workspace, and what is freed: never what people made, never what is in use."""

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.maintenance import Item
from bddseg_tui.core.maintenance.free import sweep_deleted
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.runs.training_caches import ABOUT, LOCK, cache_name
from bddseg_tui.core.workspace.workspace import Workspace

MIB = 1 << 20


def filled(folder: Path, name: str = "data.bin", size: int = MIB) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(os.urandom(size))
    return folder


def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        return child.pid


def make_cache(workspace: Workspace, dataset: Path, split: str = "train") -> Path:
    folder = filled(workspace.cache / cache_name(dataset, split, (32, 64)), "images.u8")
    (folder / ABOUT).write_text(json.dumps({"dataset": os.fspath(dataset)}))
    return folder


def kinds(items: list[Item]) -> dict[str, str]:
    return {item.path.name: f"{item.kind} {item.frees}".strip() for item in items}


def test_everything_is_listed_with_what_it_is_of_and_what_it_takes(
    engine: Engine, workspace: Workspace, dataset: Path
) -> None:
    engine.data.scan(engine.data.open(dataset), lambda done, total: None)
    cache = make_cache(workspace, dataset)
    run = create_run(workspace, dataset, build_config("demo", []), "demo")
    write_status(run.folder, Status("stopped"), durable=False)
    filled(workspace.index_path(dataset, "demo"))
    filled(workspace.cache / "32x64-0123456789abcdef")
    heard = list[tuple[int, int]]()
    items = engine.disk_use(lambda done, total: heard.append((done, total)))
    found = kinds(items)
    assert found[cache.name] == found["32x64-0123456789abcdef"] == "cache caches"
    assert found[run.name] == "run" and found[workspace.catalog_path(dataset).name] == "catalog"
    assert found[workspace.index_path(dataset, "demo").parent.name] == "index"
    of = next(i for i in items if i.path == cache)
    assert of.what == f"{dataset}, train at 32x64" and MIB <= of.bytes < 1.1 * MIB
    assert heard[-1] == (len(items), len(items))
    assert [i.bytes for i in items] == sorted((i.bytes for i in items), reverse=True)


def test_caches_are_freed_but_for_one_that_a_process_uses(engine: Engine, workspace: Workspace, dataset: Path) -> None:
    used, idle = make_cache(workspace, dataset), make_cache(workspace, dataset, "val")
    with (used / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        freed = engine.free(["caches"])
        assert [i.path for i in freed.items] == [idle] and freed.bytes > MIB
        assert [(i.path, why) for i, why in freed.kept] == [(used, "a run uses it")]
        assert (used / "images.u8").exists() and not idle.exists()
    assert [i.path for i in engine.free(["all"]).items] == [used]
    assert not [p for p in workspace.cache.iterdir() if p.is_dir()]


def test_what_is_kept_of_a_dataset_that_is_gone_is_freed_and_of_one_that_is_there_is_not(
    engine: Engine, workspace: Workspace, dataset: Path, drawn: Path
) -> None:
    for root in (dataset, drawn):
        engine.data.scan(engine.data.open(root), lambda done, total: None)
        filled(workspace.index_path(root, "demo"))
    shutil.rmtree(dataset)
    freed = engine.free(["gone"])
    assert {i.kind for i in freed.items} == {"catalog", "index"} and not freed.kept
    assert not workspace.catalog_path(dataset).exists() and not workspace.index_path(dataset, "demo").exists()
    assert workspace.catalog_path(drawn).exists() and workspace.index_path(drawn, "demo").exists()
    assert not list(workspace.catalogs.glob(f"{workspace.catalog_path(dataset).name}-*")), "-wal and -shm go too"


def test_tags_of_a_dataset_that_is_gone_stay_until_they_are_named_by_someone_who_is_sure(
    engine: Engine, workspace: Workspace, dataset: Path
) -> None:
    collection = engine.data.open(dataset)
    engine.data.scan(collection, lambda done, total: None)
    collection.catalog.add_tag([1, 2], "odd")
    path = workspace.catalog_path(dataset)
    name = f"catalogs/{path.name}"
    shutil.rmtree(dataset)
    for words, sure in ((["all"], False), (["gone"], True), ([name], False)):
        freed = engine.free(words, sure)
        assert not freed.items and "it has 2 tags" in freed.kept[0][1], (words, sure)
    assert [i.path for i in engine.free([name], sure=True).items] == [path] and not path.exists()


def test_a_catalog_whose_tags_cannot_be_counted_is_kept(engine: Engine, workspace: Workspace, dataset: Path) -> None:
    engine.data.scan(engine.data.open(dataset), lambda done, total: None)
    path = workspace.catalog_path(dataset)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE tags")
    shutil.rmtree(dataset)
    assert engine.free(["all"], sure=True).items == ()
    assert "cannot be counted" in engine.free([f"catalogs/{path.name}"]).kept[0][1] and path.exists()


@pytest.mark.parametrize("what", ["run", "chats", "settings"])
def test_what_people_made_is_not_freed(engine: Engine, workspace: Workspace, dataset: Path, what: str) -> None:
    run = create_run(workspace, dataset, build_config("demo", []), "demo")
    filled(workspace.chats, "a.jsonl")
    workspace.settings.write_text("theme = 'dark'")
    name = {"run": f"runs/{run.name}", "chats": "chats", "settings": "settings.toml"}[what]
    with pytest.raises(UsageError):
        engine.free([name], sure=True)
    engine.free(["all"], sure=True)
    assert run.folder.exists() and (workspace.chats / "a.jsonl").exists() and workspace.settings.exists()


def test_what_killed_deletions_left_is_freed_and_swept_but_not_under_one_that_goes_on(
    engine: Engine, workspace: Workspace, dataset: Path
) -> None:
    dead = dead_pid()
    left = filled(workspace.runs / f".deleted-0001-demo-{dead}")
    build = filled(workspace.cache / f".32x64-0123456789abcdef.{dead}")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        going_on = filled(workspace.runs / f".deleted-0002-demo-{child.pid}")
        freed = engine.free(["deleted"])
        assert {i.path for i in freed.items} == {left, build} and not left.exists() and not build.exists()
        assert [i.path for i, _ in freed.kept] == [going_on]
        filled(left)
        sweep_deleted([workspace.runs])
        assert going_on.exists() and not left.exists()
        child.communicate(b"\n")
    filled(left)
    run = create_run(workspace, dataset, build_config("demo", []), "demo")
    write_status(run.folder, Status("stopped"), durable=False)
    engine.runs.delete(run)
    assert not going_on.exists() and not left.exists(), "whoever deletes a run sweeps what others left"


def test_an_index_that_is_being_built_is_kept(engine: Engine, workspace: Workspace, dataset: Path) -> None:
    engine.data.scan(engine.data.open(dataset), lambda done, total: None)
    folder = filled(workspace.index_path(dataset, "demo"))
    shutil.rmtree(dataset)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert [why for i, why in engine.free(["gone"]).kept if i.kind == "index"] == ["it is being built"]
        assert folder.exists()


def test_a_word_that_names_nothing_is_refused_with_the_nearest(engine: Engine, workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="caches"):
        engine.free(["cache"])


def test_unfinished_files_are_freed_when_nobody_writes_them_any_more(engine: Engine, workspace: Workspace) -> None:
    old, young = (filled(workspace.cache, name, 5) / name for name in ("old.part", "young.part"))
    os.utime(old, (0, 0))
    freed = engine.free(["deleted"])
    assert [i.path for i in freed.items] == [old] and [i.path for i, _ in freed.kept] == [young]
    assert not old.exists() and young.exists()
