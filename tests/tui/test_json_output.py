"""What `--json` prints has a schema, in the program and in its documents, and what is printed fits it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.quality.label_error_search import search_folder
from bddseg_tui.core.quality.label_findings import Findings, ImageFinding, Swap, write_findings
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.queue import join_queue
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.cli.json_output import OUTPUTS
from bddseg_tui.tui.cli.json_schema import as_text, json_schema
from bddseg_tui.tui.cli.output import SCHEMA
from bddseg_tui.tui.cli.root import build_program, run
from tests.core.test_repair import damage
from tests.tui.json_output import parsed, without_schema

DOCUMENT = Path(__file__).parents[2] / "docs/json-schema.json"
OF_NO_JOB = {
    "data check": ["{data}"],
    "data stats": ["{data}", "--split", "val"],
    "data list": ["{data}", "--filter", "split:val"],
    "data list --to": ["{to}.csv", "{data}"],
    "data tag": ["{data}", "odd", "--filter", "split:val"],
    "data places": ["{data}", "--class", "car"],
    "data differences": ["{data}"],
    "data tags export": ["{data}", "{to}.json"],
    "data views": ["{data}", "--save", "riders", "--filter", "has:rider"],
    "data unpack": ["{zip}", "--to", "{to}"],
    "data duplicates": ["{data}"],
    "data move": ["{data}", "{moved}"],
    "demo": ["--dir", "{to}", "--train", "2", "--val", "1", "--test", "0", "--width", "96", "--height", "54"],
    "doctor": [],
    "train": ["{data}", "--create", "--preset", "demo"],
    "data label-errors": ["{data}", "--found"],
    "train --estimate": ["{data}", "--preset", "demo"],
    "runs": [],
    "runs delete": ["1"],
    "config": ["--preset", "strong"],
    "encoders": ["resnet"],
    "queue": [],
    "queue move": ["1", "1"],
    "queue remove": ["1"],
    "devices": [],
    "chats": ["--data", "{data}"],
    "chats --export": ["{to}", "--data", "{data}"],
    "settings": ["top=5"],
    "workspace": [],
    "workspace free": ["caches"],
}
OF_A_TRAINED_RUN = {
    "runs": [],
    "runs show": ["last"],
    "runs samples": ["last", "--to", "{to}"],
    "evaluations": [],
    "diagnose": ["last"],
    "classify": ["last"],
    "slices": ["last"],
    "compare": ["last", "last"],
    "report": ["last", "--to", "{to}"],
    "index info": ["{drawn}"],
    "index unload": [],
    "index search": ["night", "--data", "{drawn}"],
    "index tag": ["night", "--data", "{drawn}"],
    "index tag --accept": ["night", "--data", "{drawn}"],
    "data label-next": ["{drawn}"],
    "ask": ["is it night in the city?", "--data", "{drawn}"],
    "chats": ["--data", "{drawn}"],
    "jobs": ["--all"],
    "workspace": [],
}
ELSEWHERE = {
    *(
        "resume",
        "evaluate",
        "evaluate --corrupt",
        "evaluations delete",
        "predict",
        "export",
        "stop",
        "jobs stop",
        "data repair",
    ),
    "queue start",
    "data label-errors --detach",
    *("index build", "index build --detach", "index stop", "index blind", "index compare", "index map"),
    *("data tags import", "data odd"),
    *(f"data verdicts {name}" for name in ("list", "set", "undo", "export", "import")),
}
"""Those that start and stop processes: their outputs are held against the schemas where that is tested."""


@pytest.fixture
def places(workspace: Workspace, dataset: Path, tmp_path: Path) -> dict[str, Path]:
    """A dataset, a run in the queue that waits no more, a chat and a training cache."""
    run_ = create_run(workspace, dataset, build_config("demo"), "demo")
    assert isinstance(run_, Run)
    join_queue(workspace, run_)
    chats = Engine(workspace).chats
    chats.keep(chats.new(dataset), Turn(1, "where is the tram?", answer="Far away."))
    (workspace.cache / "32x64-0123456789abcdef").mkdir()
    found = (ImageFinding("images/10k/val/a.jpg", 0.1, 1, 0, 0.2), ImageFinding("b.jpg", 1.0, None, None, 0.0))
    search = search_folder(workspace, dataset)
    search.mkdir(parents=True)
    write_findings(search, Findings("by 4 models", 1.0, found, (Swap(1, 0, 3, 2, 0.1),)))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(next(dataset.glob("images/10k/val/*.jpg")), "images/10k/val/a.jpg")
    return {"data": dataset, "zip": tmp_path / "a.zip", "to": tmp_path / "to", "moved": tmp_path / "moved"}


def printed(capsys: pytest.CaptureFixture[str], command: str, words: list[str], places: dict[str, Path]) -> Any:
    capsys.readouterr()
    line = [*command.split(), *(word.format(**places) for word in words), "--json"]
    assert run(line) == 0, capsys.readouterr().err
    return parsed(command, capsys.readouterr().out)


@pytest.mark.parametrize("command", OF_NO_JOB)
def test_what_a_command_prints_fits_its_schema(
    capsys: pytest.CaptureFixture[str], places: dict[str, Path], command: str
) -> None:
    if command == "data move":
        run(["data", "list", str(places["data"])])
        shutil.move(places["data"], places["moved"])
    found = printed(capsys, command, OF_NO_JOB[command], places)
    items = found if isinstance(found, list) else [found]
    assert items and all(item["schema"] == SCHEMA for item in items)


@pytest.mark.parametrize("command", OF_A_TRAINED_RUN)
def test_what_a_command_prints_of_a_trained_run_fits_its_schema(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    furnished: Workspace,
    drawn: Path,
    tmp_path: Path,
    command: str,
) -> None:
    monkeypatch.setenv("BDDSEG_WORKSPACE", str(furnished.root))
    places = {"drawn": drawn, "to": tmp_path / "to"}
    assert printed(capsys, command, OF_A_TRAINED_RUN[command], places)


def test_a_catalog_that_was_repaired_is_told_as_its_schema_says(
    capsys: pytest.CaptureFixture[str], places: dict[str, Path], workspace: Workspace
) -> None:
    run(["data", "tag", str(places["data"]), "odd", "--filter", "split:val"])
    damage(workspace.catalog_path(places["data"]), "scores")
    assert without_schema(printed(capsys, "data repair", ["{data}"], places))["tags"] == 1


def test_what_is_started_of_an_empty_queue_is_told_as_its_schema_says(
    capsys: pytest.CaptureFixture[str], places: dict[str, Path]
) -> None:
    run(["queue", "remove", "1"])
    assert without_schema(printed(capsys, "queue start", [], places)) == {"started": []}


def commands_with_json(command: Any, path: str = "") -> Iterator[str]:
    if any("--json" in parameter.opts for parameter in command.params):
        yield path
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands_with_json(sub, f"{path} {name}".strip())


def test_every_command_that_prints_json_has_a_schema_that_a_test_holds_it_to() -> None:
    assert set(commands_with_json(build_program())) == {name.partition(" --")[0] for name in OUTPUTS}
    assert {*OF_NO_JOB, *OF_A_TRAINED_RUN, *ELSEWHERE} == set(OUTPUTS)


def test_the_schema_in_the_documents_is_that_of_the_program() -> None:
    # `python -m bddseg_tui.tui.cli.json_schema > docs/json-schema.json` writes it.
    assert DOCUMENT.read_text() == as_text(json_schema())
    assert json.loads(as_text(json_schema())) == json_schema()
    Draft202012Validator.check_schema(json_schema())


def test_the_schemas_refuse_what_does_not_fit() -> None:
    good = {"schema": SCHEMA, "tag": "odd", "samples": 3, "removed": False}
    parsed("data tag", json.dumps(good))
    for change in ({"schema": SCHEMA + 1}, {"samples": -1}, {"removed": None}, {"more": 1}):
        with pytest.raises(ValidationError):
            parsed("data tag", json.dumps(good | change))
