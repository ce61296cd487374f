"""A dataset that has moved keeps what people made of it."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import ImageScore
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.demo.generate import generate
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.settings import load_settings, save_settings
from bddseg_tui.core.workspace.moved_datasets import read_places


def opened(engine: Engine, root: Path) -> Collection:
    collection = engine.data.open(root)
    engine.data.scan(collection, lambda done, total: None)
    return collection


def tagged(engine: Engine, root: Path, tag: str) -> list[str]:
    return [row.name for row in engine.data.find(opened(engine, root), f"tag:{tag}")]


def make_things(engine: Engine, root: Path) -> list[str]:
    """A tag, scores, a chat, an index, a run and a setting; returns the names of what is tagged."""
    collection = opened(engine, root)
    rows = engine.data.find(collection, "split:val")
    collection.catalog.add_tag([r.id for r in rows[:2]], "mine")
    collection.catalog.record_scores("run/best-val", [ImageScore(r.image, r.image, 0.5, 0.5) for r in rows])
    engine.chats.keep(engine.chats.new(root), Turn(1, "where is the bus?"))
    engine.workspace.index_path(root, "clip").mkdir(parents=True)
    create_run(engine.workspace, root, build_config("demo", []), "demo")
    save_settings(engine.workspace, dataset=str(root))
    return [r.name for r in rows[:2]]


def assert_all_is_at(engine: Engine, root: Path, names: list[str]) -> None:
    assert tagged(engine, root, "mine") == names
    assert len(engine.data.find(engine.data.open(root), "is:scored", "run/best-val")) == 6
    assert "where is the bus?" in [chat.turns[0].question for chat in engine.chats.find(root)]
    assert engine.workspace.index_path(root, "clip").is_dir()
    assert engine.runs.find("last").dataset == root
    assert load_settings(engine.workspace).dataset_path == root


def test_all_that_was_made_of_a_dataset_goes_on_where_it_has_moved_to(engine: Engine, dataset: Path) -> None:
    names = make_things(engine, dataset)
    new = dataset.with_name("a new place")
    dataset.rename(new)
    (moved,) = engine.data.move(dataset, new)
    assert (moved.samples, moved.missing, moved.tags, moved.runs) == (21, 0, 1, 1)
    assert_all_is_at(engine, new, names)
    again = new.with_name("once more")
    new.rename(again)
    engine.data.move(new, again)
    assert_all_is_at(engine, again, names)
    again.rename(dataset)
    engine.data.move(again, dataset)
    assert_all_is_at(engine, dataset, names)


def test_what_was_already_made_at_the_new_place_is_added(engine: Engine, dataset: Path) -> None:
    names = make_things(engine, dataset)
    new = dataset.with_name("new")
    dataset.rename(new)
    collection = opened(engine, new)
    rows = engine.data.find(collection, "split:test")
    collection.catalog.add_tag([rows[0].id], "later")
    collection.catalog.record_scores("run/later", [ImageScore(rows[0].image, rows[0].mask or rows[0].image, 0.1, 0.1)])
    engine.chats.keep(engine.chats.new(new), Turn(1, "and here?"))
    create_run(engine.workspace, new, build_config("demo", []), "demo")
    for _ in range(2):
        engine.data.move(dataset, new)
        assert_all_is_at(engine, new, names)
        assert tagged(engine, new, "later") == [rows[0].name]
        assert len(engine.data.find(engine.data.open(new), "is:scored", "run/later")) == 1
        assert len(engine.chats.find(new)) == 2
        assert [run.dataset for run in engine.runs.list_runs()] == [new, new]
    farther = new.with_name("farther")
    new.rename(farther)
    engine.data.move(new, farther)
    assert [run.dataset for run in engine.runs.list_runs()] == [farther, farther]


def test_another_dataset_where_one_was_starts_with_nothing(engine: Engine, dataset: Path) -> None:
    names = make_things(engine, dataset)
    new = dataset.with_name("new")
    dataset.rename(new)
    engine.data.move(dataset, new)
    generate(dataset, {"train": 3, "val": 2, "test": 1}, (64, 32), seed=8, workers=1)
    other = opened(engine, dataset)
    assert other.catalog.tags() == [] and engine.chats.find(dataset) == []
    other.catalog.add_tag([1], "other")
    run = create_run(engine.workspace, dataset, build_config("demo", []), "demo")
    farther = new.with_name("farther")
    dataset.rename(farther)
    engine.data.move(dataset, farther)
    assert run.dataset == farther and len(tagged(engine, farther, "other")) == 1
    assert tagged(engine, new, "mine") == names and len(tagged(engine, new, "other")) == 0


def test_a_folder_without_the_same_images_is_refused_unless_forced(
    engine: Engine, dataset: Path, tmp_path: Path
) -> None:
    make_things(engine, dataset)
    with pytest.raises(BddsegError, match="does not exist"):
        engine.data.move(dataset, tmp_path / "nowhere")
    other = tmp_path / "other"
    generate(other, {"train": 3, "val": 2, "test": 1}, (64, 32), seed=8, workers=1)
    with pytest.raises(BddsegError, match=r"looks like another dataset: of 21 images .* it has 0 \(--force"):
        engine.data.move(dataset, other)
    assert read_places(engine.workspace.root) == []
    (moved,) = engine.data.move(dataset, other, force=True)
    assert (moved.samples, moved.missing) == (0, 21)


def test_a_folder_that_a_dataset_has_left_says_where_to(engine: Engine, dataset: Path) -> None:
    make_things(engine, dataset)
    new = dataset.with_name("new")
    dataset.rename(new)
    with pytest.raises(BddsegError, match=f"if it has moved, `bddseg-tui data move {dataset} NEW` keeps its tags"):
        engine.data.open(dataset)
    engine.data.move(dataset, new)
    with pytest.raises(BddsegError, match=f"does not exist.*; it has moved to {new}$"):
        engine.data.open(dataset)


def test_an_unknown_old_place_is_named(engine: Engine, dataset: Path) -> None:
    with pytest.raises(UsageError, match="nothing is known of a dataset at"):
        engine.data.move(dataset.with_name("never"), dataset)
    with pytest.raises(UsageError, match="are the same"):
        engine.data.move(dataset, dataset)


def test_all_datasets_of_a_folder_move_with_it(engine: Engine, dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    for name in ("one", "two"):
        shutil.copytree(dataset, folder / name)
        opened(engine, folder / name).catalog.add_tag([1], name)
    folder.rename(tmp_path / "mounted")
    assert len(engine.data.move(folder, tmp_path / "mounted")) == 2
    for name in ("one", "two"):
        assert engine.data.open(tmp_path / "mounted" / name).catalog.tags() == [name]


def test_a_kill_at_any_moment_leaves_everything_at_one_place(engine: Engine, dataset: Path) -> None:
    names = make_things(engine, dataset)
    new = dataset.with_name("new")
    shutil.copytree(dataset, new)
    opened(engine, new).catalog.add_tag([21], "later")
    engine.chats.keep(engine.chats.new(new), Turn(1, "and here?"))
    for step in range(0, 1000, 3):
        if not killed_after(step, lambda: engine.data.move(dataset, new)):
            break
        place = new if read_places(engine.workspace.root) else dataset
        assert tagged(engine, place, "mine") == names
        assert len(engine.chats.find(new)) >= 1
        assert engine.data.open(new).catalog.tags() in (["later"], ["later", "mine"])
    assert step > 20
    assert_all_is_at(engine, new, names)
    assert len(engine.chats.find(new)) == 2
    assert tagged(engine, new, "later")


def killed_after(events: int, work: Callable[[], object]) -> bool:
    """Does the work in a fork of this process that is killed at a file operation; whether it was."""
    child = os.fork()
    if not child:
        left = events

        def count(event: str, arguments: object) -> None:
            nonlocal left
            if event in ("open", "sqlite3.connect", "os.rename", "os.link", "os.mkdir", "os.remove", "os.listdir"):
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), 9)

        sys.addaudithook(count)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -9)
    return code == -9
