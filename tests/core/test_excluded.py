"""What a run leaves out of training: decided when it is made, and kept."""

import json
import os
from pathlib import Path

import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.excluded import read_excluded
from bddseg_tui.core.runs.run import Run


def made(engine: Engine, collection: Collection, *settings: str) -> Run:
    return engine.runs.create(collection.dataset.root, build_config("demo", settings), "demo")


def names(run: Run) -> list[str]:
    return sorted(os.fsdecode(os.path.basename(image)).removesuffix(".jpg") for image in read_excluded(run.folder))  # noqa: PTH119


def test_images_with_the_tag_are_left_out_whatever_is_tagged_later(engine: Engine, collection: Collection) -> None:
    rows = engine.data.find(collection, "")
    train, val = [r for r in rows if r.split == "train"], [r for r in rows if r.split == "val"]
    engine.data.change_tags(collection, [train[0].id, train[3].id, val[0].id], "exclude")
    assert engine.data.excluded(collection) == 3 and engine.data.excluded(collection, "val") == 1
    run = made(engine, collection)
    assert names(run) == sorted([train[0].name, train[3].name]), "validation stays comparable"
    engine.data.change_tags(collection, [train[5].id], "exclude")
    assert names(run) == sorted([train[0].name, train[3].name])
    assert run.spec["train"]["exclude"] == "tag:exclude"


def test_any_filter_may_say_what_is_left_out(engine: Engine, collection: Collection) -> None:
    expected = [r.name for r in engine.data.find(collection, "split:train class:car>3%")]
    assert expected and names(made(engine, collection, "exclude=class:car>3%")) == sorted(expected)
    assert names(made(engine, collection, "exclude=''")) == names(made(engine, collection)) == []


def test_a_filter_is_scanned_for_where_it_asks_for_counts(engine: Engine, dataset: Path) -> None:
    assert names(made(engine, engine.data.open(dataset), "exclude=has:road"))


@pytest.mark.parametrize(
    ("text", "says"),
    [("has:buss", "did you mean 'bus'"), ("pred:bus", "whose predictions"), ("iou>>3", "exclude: .* is no comparison")],
)
def test_a_filter_that_makes_no_sense_is_refused_before_a_run_is_made(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        build_config("demo", [f"exclude={text}"])


def test_a_damaged_list_is_said_to_be_one_and_none_is_no_list(engine: Engine, collection: Collection) -> None:
    run = made(engine, collection)
    assert read_excluded(run.folder) == frozenset()
    (run.folder / "excluded.json").write_text(json.dumps([5]))
    with pytest.raises(BddsegError, match="damaged"):
        read_excluded(run.folder)
