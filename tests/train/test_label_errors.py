"""The job that searches label errors: folds one after another, what it leaves, and going on where it was stopped."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job_writer import JobWriter, StopRequestedError
from bddseg_tui.core.quality.label_error_search import begin_search, make_spec, search_folder
from bddseg_tui.core.quality.label_findings import MEASURE
from bddseg_tui.core.runs.excluded import read_excluded
from bddseg_tui.core.runs.run import Run
from bddseg_tui.train import label_errors
from bddseg_tui.train.fit import fit_run
from tests.train.in_process import job, small_config

SETTINGS = [f"{key}={value}" for key, value in small_config().model_dump().items() if value != ""]


def begun(engine: Engine, collection: Collection, run: str = "") -> Path:
    root = collection.dataset.root
    begin_search(folder := search_folder(engine.workspace, root), make_spec(engine.workspace, root, 2, run, SETTINGS))
    return folder


def test_each_fold_leaves_its_images_out_and_a_stopped_search_trains_no_fold_again(
    engine: Engine, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begun(engine, collection)
    trained: list[str] = []

    def fit(run: Run, told: JobWriter) -> None:
        trained.append(run.name)
        if trained == ["1", "2"]:
            os.kill(os.getpid(), signal.SIGTERM)
        fit_run(run, told)

    monkeypatch.setattr(label_errors, "fit_run", fit)
    with job(folder) as writer, pytest.raises(StopRequestedError):
        label_errors.search_label_errors(folder, writer)
    assert engine.quality.label_findings(collection) is None
    with job(folder) as writer:
        label_errors.search_label_errors(folder, writer)
    assert trained == ["1", "2", "2"]
    out = [read_excluded(folder / "folds" / number) for number in ("1", "2")]
    assert not out[0] & out[1] and len(out[0] | out[1]) == 12
    assert not (folder / "folds" / "1" / "checkpoints").exists(), "what it knows is in its evidence"
    findings = engine.quality.label_findings(collection)
    assert findings is not None and len(findings.images) == 18 and "none of which saw" in findings.about
    rows = engine.data.find(collection, f"{MEASURE}<101% sort:{MEASURE}")
    assert len(rows) == 18 and rows[0].measures[MEASURE] == pytest.approx(findings.images[0].score)
    assert rows[0].image == collection.dataset.root / findings.images[0].sample
    worklist = engine.quality.worklist(collection)
    assert worklist.searched and worklist.items and worklist.void == 0


def test_one_run_is_asked_at_once_and_the_caveat_is_told(
    engine: Engine, collection: Collection, copied: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise AssertionError("it trains")

    monkeypatch.setattr(label_errors, "fit_run", fails)
    folder = begun(engine, collection, copied.name)
    with job(folder) as writer:
        label_errors.search_label_errors(folder, writer)
    findings = engine.quality.label_findings(collection)
    assert findings is not None and len(findings.images) == 18 and "learned from" in findings.about
    assert copied.checkpoints() == ["best", "last"], "a run of the person's own stays as it is"
    assert json.loads((folder / "search.json").read_text())["run"] == copied.name
