"""`data verdicts` and `data odd`: what the app does, in commands, with JSON as its schemas say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.quality.suspects import suspects_path, write_suspects
from bddseg_tui.tui.cli.root import run
from tests.core.test_worklist import three
from tests.tui.json_output import parsed


@pytest.fixture
def said(engine: Engine, collection: Collection, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a subcommand on a dataset with three suspect areas; returns what it prints."""
    write_suspects(suspects_path(engine.workspace, collection.dataset.root), three(collection))

    def call(name: str, *words: str, code: int = 0) -> str:
        assert run(["data", "verdicts", name, str(collection.dataset.root), *words]) == code
        return capsys.readouterr().out

    return call


def test_areas_are_judged_listed_and_taken_back_as_the_schemas_say(said: Callable[..., str]) -> None:
    rows = parsed("data verdicts list", said("list", "--json"))
    assert [(r["label"], r["area"]) for r in rows] == [("sky", 1), ("sky", 1), ("sidewalk", 2)]
    done = parsed("data verdicts set", said("set", rows[2]["image"], "2", "confirmed", "--json"))
    assert done["verdict"] == "confirmed"
    assert said("list", "--state", "confirmed", "--label", "sidewalk").startswith("confirmed  0.300  sidewalk -> road")
    taken = parsed("data verdicts undo", said("undo", "--json"))["taken_back"]
    assert [(t["area"], t["verdict"], t["before"]) for t in taken] == [(2, "confirmed", None)]
    assert "no verdict is left" in said("undo")
    said("set", rows[2]["image"], "9", "confirmed", code=2)
    said("set", rows[2]["image"], "2", "confrmed", code=2)


def test_verdicts_leave_in_a_table_or_as_masks_and_come_back(said: Callable[..., str], tmp_path: Path) -> None:
    (row, *_) = parsed("data verdicts list", said("list", "--json"))
    said("set", row["image"], "1", "confirmed")
    table, masks = tmp_path / "v.csv", tmp_path / "masks"
    assert parsed("data verdicts export", said("export", str(table), "--json"))["verdicts"] == 1
    assert parsed("data verdicts export", said("export", str(masks), "--masks", "--json"))["masks"] == 1
    said("undo")
    assert parsed("data verdicts import", said("import", str(table), "--json"))["taken"] == 1
    assert len(parsed("data verdicts list", said("list", "--state", "confirmed", "--json"))) == 1


def test_odd_images_are_listed_as_the_schema_says(
    engine: Engine, collection: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    row = engine.data.find(collection, "split:train")[0]
    Image.new("RGB", (128, 128), (255, 255, 255)).save(row.image)
    assert run(["data", "odd", str(collection.dataset.root), "--json"]) == 0
    found = parsed("data odd", capsys.readouterr().out)
    assert ("odd-shape", row.name) in [(odd["kind"], odd["name"]) for odd in found]
    assert run(["data", "odd", str(collection.dataset.root), "--kind", "odd-shape"]) == 0
    assert "1 odd-shape: another shape than most images have" in capsys.readouterr().out
    assert run(["data", "odd", str(collection.dataset.root), "--kind", "odd"]) == 2
