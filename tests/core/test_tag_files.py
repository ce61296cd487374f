"""Tags in files, to other programs and back."""

import csv
import json
from pathlib import Path

import pytest

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.tag_file import TagsImported, export_tags, import_tags
from bddseg_tui.core.errors import BddsegError, UsageError

NAMES = ("images/val/a.jpg", "images/val/b.jpg", "images/train/b.jpg", "images/val/\udcffc.jpg", "images/val/=1+1.jpg")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = Catalog(tmp_path / "c.sqlite", tmp_path / "data")
    catalog.refresh(Sample("val", tmp_path / "data" / name, None) for name in NAMES)
    return catalog


def tagged(catalog: Catalog) -> dict[str, tuple[str, ...]]:
    return {image.decode("utf-8", "surrogateescape"): tags for image, tags in catalog.tagged()}


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_what_is_exported_comes_back_and_twice_changes_nothing(catalog: Catalog, tmp_path: Path, ending: str) -> None:
    ids = dict(catalog.image_ids())
    catalog.add_tag([ids[n.encode("utf-8", "surrogateescape")] for n in (NAMES[0], *NAMES[3:])], "odd")
    catalog.add_tag([ids[NAMES[0].encode()]], "=night")
    before = tagged(catalog)
    assert export_tags(catalog, tmp_path / f"tags.{ending}") == (4, 3)
    for tag in ("odd", "=night"):
        catalog.remove_tag(ids.values(), tag)
    assert tagged(catalog) == {}
    assert import_tags(catalog, tmp_path / f"tags.{ending}") == TagsImported(4, 0, 3, (), 0)
    assert tagged(catalog) == before
    assert import_tags(catalog, tmp_path / f"tags.{ending}") == TagsImported(0, 4, 3, (), 0)
    with pytest.raises(UsageError, match="is there already"):
        export_tags(catalog, tmp_path / f"tags.{ending}")


def test_an_export_is_in_the_forms_of_others(catalog: Catalog, tmp_path: Path) -> None:
    catalog.add_tag(catalog.find(parse_query("name:a")), "odd")
    export_tags(catalog, tmp_path / "t.csv")
    export_tags(catalog, tmp_path / "t.json")
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"image": "images/val/a.jpg", "tag": "odd"}]
    samples = json.loads((tmp_path / "t.json").read_text())["samples"]
    assert samples == [{"filepath": str(tmp_path / "data/images/val/a.jpg"), "tags": ["odd"]}]


def test_images_are_known_by_the_end_of_a_path_or_by_a_name_that_only_one_has(catalog: Catalog, tmp_path: Path) -> None:
    samples = [
        {"filepath": "/elsewhere/bdd/images/train/b.jpg", "tags": ["by path", "train"]},
        {"filepath": "data/a.png", "tags": ["stem"]},
        {"filepath": "data/b.jpg", "tags": ["several"]},
        {"filepath": "data/none.jpg", "tags": ["none", "again"]},
        {"filepath": "images/val/a.jpg", "tags": [7, ""]},
        {"filepath": "images/val/a.jpg", "tags": None},
        {"filepath": "\ud800\0", "tags": ["odd"]},
    ]
    (tmp_path / "t.json").write_text(json.dumps({"name": "bdd", "samples": samples}))
    found = import_tags(catalog, tmp_path / "t.json")
    assert found == TagsImported(3, 0, 2, ("data/b.jpg", "data/none.jpg", "�·"), 2)
    assert tagged(catalog) == {"images/train/b.jpg": ("by-path", "train"), "images/val/a.jpg": ("stem",)}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("t.csv", "picture,label\na,b\n", "should name the columns: image,tag"),
        ("t.json", "{", "it is no JSON"),
        ("t.json", '{"samples": 5}', "it should be"),
        ("t.json", '[{"tags": ["odd"]}]', "has no filepath"),
        ("t.txt", "a odd", "the name ends in .csv or .json"),
    ],
)
def test_what_is_no_file_of_tags_is_said_to_be_none(
    catalog: Catalog, tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BddsegError, match=says):
        import_tags(catalog, tmp_path / name)
    assert tagged(catalog) == {}
