"""`data list`, `tag` and `stats`: as much as is asked for, as soon as it is there, and how current it is."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data import scan
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.settings import save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli.root import run
from tests.core.test_repair import damage
from tests.small_disk import mounted_disk
from tests.tui.json_output import parsed, without_schema


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    assert run(["data", *words]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def settle(dataset: Path, ago_s: float = 1e6) -> None:
    """Makes the folders look as if nothing had been put there for a while."""
    for folder in dataset.rglob("*"):
        if folder.is_dir():
            os.utime(folder, (time.time() - ago_s, time.time() - ago_s))


def test_json_is_a_whole_array_however_many_samples_there_are(
    collection: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(collection.dataset.root)
    for words, count in (([], 21), (["--limit", "4"], 4), (["--filter", "tag:none"], 0)):
        out, _ = said(capsys, "list", root, "--json", *words)
        items = json.loads(out)
        assert len(items) == count
        assert out == json.dumps(items, indent=2) + "\n"


def test_a_catalog_is_taken_as_it_is_while_no_file_was_added(
    engine: Engine, dataset: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FEW", 0)
    settle(dataset)
    assert "scanning: 21 of 21" in said(capsys, "list", str(dataset))[1]
    out, err = said(capsys, "list", str(dataset), "--limit", "3")
    assert len(out.splitlines()) == 3 and "as of the scan of" in err and "scanning" not in err
    assert "scanning: 21 of 21" in said(capsys, "list", str(dataset), "--scan")[1]
    Image.new("RGB", (16, 12)).save(dataset / "images/10k/train/added.jpg")
    assert "as of the last scan" in said(capsys, "list", str(dataset), "--no-scan")[1]
    out, err = said(capsys, "list", str(dataset), "--filter", "added")
    assert len(out.splitlines()) == 1 and "scanning: 22 of 22" in err


def test_the_files_of_a_small_dataset_are_all_looked_at(
    engine: Engine, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(dataset)
    said(capsys, "list", str(dataset))
    row = engine.data.find(engine.data.open(dataset), "split:val")[0]
    assert row.mask
    # Written over in place, which no folder tells of.
    with row.mask.open("r+b") as file:
        Image.new("L", (128, 72), 10).save(file, "PNG")
        file.truncate()
    assert len(said(capsys, "list", str(dataset), "--filter", "class:sky>99%")[0].splitlines()) == 1


def test_a_folder_that_has_just_changed_is_listed_again(
    engine: Engine, dataset: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "FEW", 0)
    settle(dataset, -60)
    for _ in range(2):
        # The clock of a folder may be too coarse to tell that it changes again.
        assert "scanning" in said(capsys, "list", str(dataset))[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["data", "list", "--limit", "1"], ""),
        (["data", "stats"], "road"),
        (["data", "check"], "no problems"),
        (["train", "--create", "--set", "encoder_weights=none"], "0001-cross-entropy"),
        (["chats"], ""),
    ],
)
def test_without_a_dataset_the_last_one_is_taken_and_named(
    workspace: Workspace, drawn: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    save_settings(workspace, dataset=str(drawn))
    assert run(words) == 0
    captured = capsys.readouterr()
    assert told in captured.out and captured.err.startswith(f"dataset: {drawn} (none was named)\n")


@pytest.mark.parametrize("words", [["index", "info"], ["index", "search", "bus"], ["ask", "a bus?"]])
def test_the_last_dataset_is_searched_and_asked_about(
    workspace: Workspace, drawn: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    save_settings(workspace, dataset=str(drawn))
    assert run(words) == 1
    assert capsys.readouterr().err.splitlines()[0] == f"dataset: {drawn} (none was named)"


def test_a_dataset_has_to_be_named_where_none_was_opened(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "list"]) == run(["train"]) == run(["index", "build"]) == run(["ask", "a bus?"]) == 2
    assert capsys.readouterr().err.count("error: which dataset? name its folder: ") == 4


def test_without_a_scan_nothing_can_be_listed(
    engine: Engine, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "not scanned yet" in said(capsys, "list", str(dataset), "--no-scan", code=2)[1]


def test_samples_that_are_absent_are_told(
    engine: Engine, collection: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = engine.data.find(collection, "split:val")
    collection.catalog.add_tag([rows[0].id], "mine")
    rows[0].image.unlink()
    out, err = said(capsys, "list", str(collection.dataset.root), "--filter", "tag:mine")
    assert out == "" and "known and not there now: 1; their tags and scores are kept" in err


def test_tagging_needs_no_rows(collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(collection.dataset.root)
    out, _ = said(capsys, "tag", root, "Night", "--filter", "split:val", "--json")
    assert without_schema(json.loads(out)) == {"tag": "Night", "samples": 6, "removed": False}
    assert "untagged 6" in said(capsys, "tag", root, "night", "--filter", "tag:night", "--remove", "--no-scan")[0]
    assert collection.catalog.tags() == []


def test_the_first_line_is_printed_before_the_second_sample_is_read(
    collection: Collection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages(*_: object) -> object:
        yield collection.catalog.rows([1])
        assert "\n" in capsys.readouterr().out
        yield collection.catalog.rows([2])

    monkeypatch.setattr(Catalog, "stream", pages)
    for words in ([], ["--json"]):
        said(capsys, "list", str(collection.dataset.root), "--no-scan", *words)


def test_a_list_of_a_workspace_that_cannot_be_written_says_so(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted_disk(tmp_path / "disk", "3m") as disk:
        monkeypatch.setenv("BDDSEG_WORKSPACE", str(disk))
        said(capsys, "tag", str(dataset), "mine", "--filter", "split:val")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        out, err = said(capsys, "list", str(dataset), "--filter", "tag:mine", "--scan")
        assert len(out.splitlines()) == 6
        assert "as of the last scan: " in err and "the file system is read-only" in err
        assert (
            "cannot be written: the file system is read-only"
            in said(capsys, "tag", str(dataset), "more", "--filter", "split:val", code=1)[1]
        )


def test_bringing_a_catalog_to_this_version_is_told(
    engine: Engine, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.core.test_catalog import old_catalog

    old_catalog(engine.workspace.catalog_path(dataset))
    assert "is being brought to this version" in said(capsys, "list", str(dataset))[1]
    assert "brought" not in said(capsys, "list", str(dataset))[1]


def test_a_move_is_told_and_so_is_a_repair(
    collection: Collection, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "tag", str(dataset), "mine", "--filter", "split:val")
    new = dataset.with_name("new")
    dataset.rename(new)
    assert f"if it has moved, `bddseg-tui data move {dataset} NEW`" in said(capsys, "list", str(dataset), code=1)[1]
    (moved,) = json.loads(said(capsys, "move", str(dataset), str(new), "--json")[0])
    assert without_schema(moved) == {
        "old": str(dataset),
        "new": str(new),
        "samples": 21,
        "missing": 0,
        "tags": 1,
        "runs": 0,
    }
    assert len(said(capsys, "list", str(new), "--filter", "tag:mine")[0].splitlines()) == 6
    out, _ = said(capsys, "move", str(dataset), str(new))
    assert out == f"{dataset} is now {new}: 21 samples, 1 tag, 0 runs\n"
    assert "is not damaged" in said(capsys, "repair", str(new), code=1)[1]
    damage(collection.catalog.path, "scores")
    facts = json.loads(said(capsys, "repair", str(new), "--json")[0])
    assert (facts["tags"], facts["samples"]) == (1, 6) and Path(facts["kept"]).exists()
    assert len(said(capsys, "list", str(new), "--filter", "tag:mine")[0].splitlines()) == 6


def test_tags_go_into_a_file_and_come_back_with_what_did_not_match(
    collection: Collection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, file = str(collection.dataset.root), tmp_path / "tags.csv"
    said(capsys, "tag", root, "odd", "--filter", "split:val")
    assert "6 tags of 6 images are in" in said(capsys, "tags", "export", root, str(file))[0]
    said(capsys, "tag", root, "odd", "--filter", "split:val", "--remove", "--no-scan")
    file.write_text(file.read_text() + "images/none.jpg,odd\n")
    out, _ = said(capsys, "tags", "import", root, str(file), code=1)
    assert (
        "6 tags given to 6 images, which had 0 already" in out and "no such image, or several: images/none.jpg" in out
    )
    out, _ = said(capsys, "tags", "import", root, str(file), "--json", code=1)
    expected = {"given": 0, "had": 6, "samples": 6, "unmatched": ["images/none.jpg"], "refused": 0}
    assert without_schema(parsed("data tags import", out)) == expected


def test_a_saved_view_lists_what_it_says(collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(collection.dataset.root)
    said(capsys, "views", root, "--save", "cars", "--filter", "has:car sort:-car", "--show", "overlay")
    assert said(capsys, "views", root)[0].split() == ["cars", "overlay", "has:car", "sort:-car"]
    listed = said(capsys, "list", root, "--view", "cars", "--filter", "split:val")[0]
    assert listed == said(capsys, "list", root, "--filter", "has:car split:val sort:-car")[0] != ""
    assert "did you mean 'cars'" in said(capsys, "list", root, "--view", "car", code=2)[1]
    assert "no views are saved" in said(capsys, "views", root, "--delete", "cars")[0]
