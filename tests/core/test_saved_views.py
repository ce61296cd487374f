"""Views by name, and the filters that were used."""

import json
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_history import MOST, load_history, remember_filter
from bddseg_tui.core.data.saved_views import SavedView, load_views, save_view
from bddseg_tui.core.data.tag_file import import_tags
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.sanitize import sanitize
from tests.core.odd_json import DEEP, like

RIDERS = SavedView("riders", "split:val has:rider sort:-rider", "overlay", "0001-demo/best-val")


def test_views_are_kept_by_dataset_and_go_on_where_it_moves(
    engine: Engine, collection: Collection, tmp_path: Path
) -> None:
    root = collection.dataset.root
    engine.data.save_view(collection, RIDERS)
    engine.data.save_view(collection, SavedView("all"))
    engine.data.save_view(collection, SavedView("all", "-split:test"))
    assert [v.filter for v in engine.data.views(collection)] == ["-split:test", RIDERS.filter]
    path = engine.workspace.views_path(root)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    engine.data.scan(collection, lambda done, total: None)
    moved = tmp_path / "moved"
    root.rename(moved)
    engine.data.save_view(engine.data.open(moved), SavedView("new"))
    engine.data.move(root, moved)
    there = engine.data.open(moved)
    assert [v.name for v in engine.data.views(there)] == ["all", "new", "riders"]
    assert engine.data.view(there, "riders") == RIDERS
    engine.data.delete_view(there, "riders")
    with pytest.raises(UsageError, match="no view is called 'riders'"):
        engine.data.view(there, "riders")


@pytest.mark.parametrize("name", ["", " ", "-riders", "x\x1b[2J", "x" * 61])
def test_a_name_that_is_none_is_refused(engine: Engine, collection: Collection, name: str) -> None:
    with pytest.raises(UsageError, match="a view's name is one line"):
        engine.data.save_view(collection, SavedView(name))
    assert engine.data.views(collection) == ()


def test_a_view_whose_filter_makes_no_sense_is_refused(engine: Engine, collection: Collection) -> None:
    with pytest.raises(UsageError, match="no split"):
        engine.data.save_view(collection, SavedView("x", "split:dev"))


def test_what_makes_no_sense_is_left_out_and_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    good = {"name": "a\x1b", "filter": "has:bus", "view": "mask", "evaluation": None}
    path.write_text(json.dumps([good, {**good, "view": "odd"}, {**good, "name": 5}, 7]))
    assert load_views(path) == (SavedView("a·", "has:bus", "mask"),)
    path.write_text("{")
    assert load_views(path) == ()
    save_view(path, SavedView("b"))
    assert load_views(path) == (SavedView("b"),) and path.with_name("v.json.damaged").read_text() == "{"


def test_filters_are_remembered_once_each_and_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "h.txt"
    for text in ("has:bus", "has:car", "has:bus", "x\ny\x1b"):
        remember_filter(path, text)
    assert load_history(path) == ("has:car", "has:bus", "x·y·")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("".join(f"name:{n:06}\n" for n in range(20_000)))
    remember_filter(path, "has:bus")
    found = load_history(path)
    assert len(found) == MOST and found[-2:] == ("name:019999", "has:bus")
    assert path.stat().st_size < 10_000


@given(like({"name": "a", "filter": "has:bus", "view": "mask", "evaluation": None}))
@example(DEEP.encode())
def test_whatever_is_in_the_file_views_are_read_or_left_out(line: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.json"
        path.write_bytes(b"[" + line + b"]")
        assert all(sanitize(v.name) == v.name and sanitize(v.filter) == v.filter for v in load_views(path))


@given(like({"filepath": "images/val/a.jpg", "tags": ["odd"], "id": "5"}))
@example(DEEP.encode())
def test_whatever_is_in_a_file_of_tags_it_is_read_or_refused_in_one_line(line: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("t.json", "t.csv"):
            path = Path(folder) / name
            path.write_bytes(b'{"samples": [' + line + b"]}" if name == "t.json" else b"image,tag\n" + line)
            catalog = Catalog(Path(folder) / "c.sqlite", Path(folder))
            try:
                found = import_tags(catalog, path)
            except BddsegError as error:
                assert "\n" not in str(error)
            else:
                assert found.given == 0 and all(sanitize(name) == name for name in found.unmatched)
