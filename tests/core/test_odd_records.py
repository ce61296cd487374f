"""Runs, evaluations and counts whose files make no sense: each says why, and none takes the others down."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bddseg_tui.core.analysis.per_image import PerImageWriter, load_per_image
from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.evaluation import NoEvaluationError, load_evaluation
from bddseg_tui.core.runs.run import Run, create_run

DEEP = b"[" * 100_000


def result(**changes: Any) -> dict[str, Any]:
    row = {"iou": 0.5, "precision": None, "recall": 1.0, "percentage": 5.0}
    figures = {"pixel_accuracy": 0.9, "miou19": 0.5, "miou20": None}
    rows = [{"id": c.id, "name": c.name, **row} for c in CLASSES]
    names = {"run": "0001-demo", "checkpoint": "best", "split": "val"}
    return {**names, **figures, "images": 2, "classes": rows, "confusion": [[1] * 20] * 20, "left_out": 0, **changes}


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Run:
    return create_run(engine.workspace, tmp_path, build_config("demo"), "demo")


def evaluated(run: Run, name: str, content: bytes) -> Path:
    folder = run.folder / "evaluation" / name
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(content)
    return folder


ODD_RESULTS = {
    "no JSON": (b"{", "it is no JSON"),
    "nested without end": (DEEP, "nested too deeply"),
    "nested within": (b'{"run": ' + DEEP, "nested too deeply"),
    "a null run": (json.dumps(result(run=None)).encode(), "run should be"),
    "no images": (json.dumps({k: v for k, v in result().items() if k != "images"}).encode(), "images is missing"),
    "1e999": (json.dumps(result()).replace("0.9", "1e999").encode(), "pixel_accuracy should be"),
    "NaN": (json.dumps(result(miou19=float("nan"))).encode(), "miou19 should be"),
    "a share above 1": (json.dumps(result(miou19=2.0)).encode(), "miou19 should be"),
    "digits without end": (json.dumps(result()).replace("0.9", "9" * 5000).encode(), "it is no JSON"),
    "a count of 400 digits": (json.dumps(result()).replace('"images": 2', '"images": ' + "9" * 400).encode(), "images"),
    "a class missing": (json.dumps(result(classes=result()["classes"][1:])).encode(), "classes"),
    "classes in another order": (json.dumps(result(classes=result()["classes"][::-1])).encode(), "classes 0 to 19"),
    "a matrix that is not square": (json.dumps(result(confusion=[[1] * 19] * 20)).encode(), "should have at least"),
    "a matrix of text": (json.dumps(result(confusion=[["1"] * 20] * 20)).encode(), "should be a valid integer"),
    "text for calibration": (json.dumps(result(calibration=[{"share": "1"}])).encode(), "share should be"),
    "not UTF-8": (b"\xff\xfe\xff", "it is not UTF-8"),
    "a list": (b"[]", "should be a valid dictionary"),
    "larger than any": (b'"' + b"x" * 10_000_000 + b'"', "larger than"),
}


@pytest.mark.parametrize("name", ODD_RESULTS)
def test_a_result_that_makes_no_sense_says_why(run: Run, name: str) -> None:
    content, why = ODD_RESULTS[name]
    folder = evaluated(run, "best-val", content)
    with pytest.raises(BddsegError) as caught:
        load_evaluation(folder)
    assert why in str(caught.value) and str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_an_evaluation_that_cannot_be_read_is_listed_beside_those_that_can(engine: Engine, run: Run) -> None:
    evaluated(run, "best-val", json.dumps(result()).encode())
    evaluated(run, "last-val", json.dumps(result(run=None)).encode())
    (run.folder / "evaluation" / "best-test").mkdir()
    found = engine.analysis.list_evaluations()
    assert [e.name for e in found.found] == ["0001-demo/best-val"]
    assert [name for name, _ in found.unreadable] == ["0001-demo/last-val"]
    assert "run should be" in found.unreadable[0][1]


def test_a_result_of_an_earlier_version_is_read(run: Run) -> None:
    found = load_evaluation(evaluated(run, "best-val", json.dumps(result()).encode()))
    assert (found.miou19, found.tta, found.boundary_miou19, found.boundary[0]) == (0.5, "none", None, None)


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_something_else_in_the_place_of_a_result_blocks_nobody(run: Run, kind: str) -> None:
    folder = run.folder / "evaluation" / "best-val"
    folder.mkdir(parents=True)
    (folder / "result.json").mkdir() if kind == "folder" else os.mkfifo(folder / "result.json")
    with pytest.raises(BddsegError, match=r"it is (a folder|no regular file)") as caught:
        load_evaluation(folder)
    assert not isinstance(caught.value, NoEvaluationError)


def counted(folder: Path) -> Path:
    with PerImageWriter(folder) as writer:
        for image in (b"a.jpg", b"caf\xe9.jpg"):
            writer.add(image, np.ones((20, 20), np.uint32), np.ones((3, 20), np.uint32), 0.5, 0.5)
        writer.finish()
    return folder


def test_counts_by_image_keep_names_that_are_no_unicode(tmp_path: Path) -> None:
    assert load_per_image(counted(tmp_path)).images == (b"a.jpg", b"caf\xe9.jpg")


ODD_COUNTS = {
    "names that are no list": ("images.json", b'{"a": 1}', "list of names"),
    "a null name": ("images.json", b'["a.jpg", null]', "list of names"),
    "a name of no bytes": ("images.json", b'["a.jpg", "\\ud800"]', "no file's name"),
    "a name with NUL": ("images.json", b'["a.jpg", "\\u0000"]', "no file's name"),
    "nested without end": ("images.json", DEEP, "nested too deeply"),
    "a name too many": ("images.json", b'["a", "b", "c"]', "does not fit the 3 images"),
    "an array that is none": ("confusion.npy", b"garbage", "no array"),
    "an array that is cut": ("confusion.npy", None, "no array"),
    "a header that is nested": (
        "brightness.npy",
        b"\x93NUMPY\x01\x00\x70\x17" + b"(" * 6000,
        "no array",
    ),
}


@pytest.mark.parametrize("name", ODD_COUNTS)
def test_counts_that_make_no_sense_say_why(tmp_path: Path, name: str) -> None:
    file, content, why = ODD_COUNTS[name]
    path = counted(tmp_path) / file
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(BddsegError, match="evaluate again") as caught:
        load_per_image(tmp_path)
    assert why in str(caught.value)


def test_an_array_of_another_type_is_refused(tmp_path: Path) -> None:
    np.save(counted(tmp_path) / "confusion.npy", np.full((2, 20, 20), "text"))
    with pytest.raises(BddsegError, match="does not fit"):
        load_per_image(tmp_path)


ODD_CONFIGURATIONS = {
    "no TOML": (b"a = ", "it is no TOML"),
    "nested without end": (b"a = " + DEEP, "nested too deeply"),
    "not UTF-8": (b"a = '\xff'", "it is not UTF-8"),
    "nothing": (b"", "dataset is missing"),
    "a number for the dataset": (b"dataset = 3\nworkspace = 'a'\ntrain = {}", "dataset is no text"),
    "NUL in the dataset": (b'dataset = "a\\u0000b"\nworkspace = "a"\ntrain = {}', "dataset is no file's name"),
    "no settings": (b"dataset = 'a'\nworkspace = 'a'", "train is missing"),
    "settings that are a number": (b"dataset = 'a'\nworkspace = 'a'\ntrain = 3", "train should be"),
    "digits without end": (b"dataset = " + b"9" * 5000, "it is no TOML"),
}


@pytest.mark.parametrize("name", ODD_CONFIGURATIONS)
def test_a_run_whose_configuration_makes_no_sense_says_why_and_can_be_deleted(
    engine: Engine, run: Run, name: str
) -> None:
    content, why = ODD_CONFIGURATIONS[name]
    (run.folder / "config.toml").write_bytes(content)
    found = engine.runs.find("1")
    assert why in found.problem and "\n" not in found.problem
    assert (found.shown_dataset, found.preset) == ("-", "")
    with pytest.raises(BddsegError, match="mend it or delete that run"):
        _ = found.spec
    engine.runs.delete(found)
    assert engine.runs.list_runs() == []


def test_a_run_with_odd_events_is_listed_with_the_others_and_shown_with_how_many(
    engine: Engine, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    other = create_run(engine.workspace, engine.workspace.root, build_config("demo"), "demo")
    other.events.write_bytes(b'{"kind": "epoch"}\n{"kind": "step", "step": 1, "epoch": 1}\n' + DEEP + b"\n")
    from bddseg_tui.tui.cli.root import run as command

    assert command(["runs"]) == 0
    told = capfd.readouterr()
    assert run.name in told.out and other.name in told.out
    assert command(["runs", "show", other.name]) == 0
    assert capfd.readouterr().err == f"warning: 2 events of {other.name} make no sense (line 1: epoch is missing)\n"


def test_a_job_is_followed_whatever_its_events_leave_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from bddseg_tui.core.jobs.events import EventTail
    from bddseg_tui.core.jobs.job import Status
    from bddseg_tui.tui.cli.console import console
    from bddseg_tui.tui.cli.follow_job import print_event

    lines = [{"kind": "start", "parameters": 2_000_000}, {"kind": "epoch", "epoch": 1, "step": 1}, {"kind": "warning"}]
    lines += [{"kind": "warning", "message": "[red]\x1b[2J", "files": ["[/x]"]}]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for event in EventTail(tmp_path / "events.jsonl").read():
        print_event(console(stderr=True), event, Status())
    told = capfd.readouterr().err
    assert "2.0 M parameters" in told and "epoch 1" in told and "warning: [red]·[2J\n  [/x]" in told
