"""Evaluations and exports that something comes between: nothing that was computed or was there before is lost."""

import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.jobs.job_writer import FolderWriter, StopRequestedError
from bddseg_tui.core.runs.evaluation import evaluation_folder, load_evaluation
from bddseg_tui.core.runs.export_kinds import ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.moved_datasets import dataset_key
from bddseg_tui.train import evaluate as evaluating
from bddseg_tui.train import export
from bddseg_tui.train.evaluate import OtherData, evaluate_run
from bddseg_tui.tui.cli.output import overall
from tests.train.in_process import evaluate, export_to, job


@pytest.fixture
def run(copied: Run) -> Run:
    return copied


def warnings(folder: Path) -> list[str]:
    return [e["message"] for e in read_events(folder / "events.jsonl") if e["kind"] == "warning"]


def test_a_catalog_that_is_locked_at_the_end_costs_the_evaluation_nothing(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = engine.data.open(run.dataset)
    engine.data.scan(collection, lambda done, total: None)
    monkeypatch.setattr(evaluating, "_PATIENCE_S", 0.0)
    monkeypatch.setattr("bddseg_tui.core.data.catalog.database.PATIENCE_S", 0.05)
    other = sqlite3.connect(collection.catalog.path)
    other.execute("BEGIN IMMEDIATE")
    folder = evaluate(run)
    (warning,) = warnings(folder)
    assert "filters do not know the scores by image yet" in warning and "bddseg-tui evaluations" in warning
    assert json.loads((folder / "result.json").read_text())["images"] == 6
    other.rollback()
    other.close()
    assert collection.catalog.evaluations() == []
    assert [e.images for e in engine.analysis.evaluations()] == [6]
    assert collection.catalog.evaluations() == ["0001-demo/best-val"]
    assert len(collection.catalog.find(parse_query("is:scored"), "0001-demo/best-val")) == 6
    assert not (folder / "scores-pending").exists()


def test_an_evaluation_that_was_killed_before_the_catalog_knew_it_is_recorded_later(run: Run, engine: Engine) -> None:
    folder = evaluate(run)
    collection = engine.data.open(run.dataset)
    collection.catalog.forget_scores("0001-demo/best-val")
    (folder / "scores-pending").touch()
    engine.analysis.evaluations()
    assert collection.catalog.evaluations() == ["0001-demo/best-val"]


def test_predicted_classes_of_an_evaluation_of_an_earlier_version_are_taken_from_its_counts(
    run: Run, engine: Engine
) -> None:
    evaluate(run)
    collection = engine.data.open(run.dataset)
    with sqlite3.connect(collection.catalog.path) as db:
        db.execute("UPDATE scores SET predicted = NULL")
    db.close()
    assert "`bddseg-tui evaluations` takes them" in collection.catalog.lacks_predicted("0001-demo/best-val")
    engine.analysis.evaluations()
    assert collection.catalog.lacks_predicted("0001-demo/best-val") == ""
    assert all(r.predicted for r in engine.data.find(collection, "is:scored", "0001-demo/best-val"))


def stop(done: int) -> None:
    if done == 4:
        raise StopRequestedError


def full(done: int) -> None:
    if done == 4:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.png")


@pytest.mark.parametrize(("what", "error"), [(stop, StopRequestedError), (full, OSError)])
def test_an_evaluation_that_ends_early_leaves_the_earlier_one_as_it_was(
    run: Run, monkeypatch: pytest.MonkeyPatch, what: Callable[[int], None], error: type[BaseException]
) -> None:
    folder = evaluate(run)
    before = {p: p.read_bytes() for p in folder.rglob("*.*") if p.suffix in (".png", ".npy") or p.stem == "result"}
    for image in (run.dataset / "images/10k/val").iterdir():
        Image.new("RGB", (128, 72)).save(image)
    monkeypatch.setattr(FolderWriter, "progress", lambda self, done, total: what(done))
    with pytest.raises(error):
        evaluate(run)
    assert {p: p.read_bytes() for p in before} == before
    assert not list(folder.glob(".*"))


def test_predictions_of_images_that_are_gone_leave_an_evaluation(run: Run) -> None:
    folder = evaluate(run)
    gone = sorted((run.dataset / "images/10k/val").iterdir())[0]
    gone.unlink()
    evaluate(run)
    assert len(list((folder / "predictions").iterdir())) == 5
    assert not (folder / "predictions" / f"{gone.stem}.png").exists()


def test_masks_without_a_known_pixel_give_figures_without_numbers(run: Run, engine: Engine) -> None:
    for mask in (run.dataset / "labels/sem_seg/masks/val").iterdir():
        Image.new("L", (128, 72), 255).save(mask)
    evaluate(run)
    (found,) = engine.analysis.evaluations()
    assert (found.miou19, found.pixel_accuracy, found.boundary_miou19, found.ece) == (None, None, None, None)
    assert found.miou20 is not None


@pytest.mark.parametrize("name", ["README.md", "model.safetensors"])
def test_an_export_replaces_no_file_of_the_users_own(run: Run, engine: Engine, tmp_path: Path, name: str) -> None:
    to = tmp_path / "out"
    to.mkdir()
    (to / name).write_text("theirs")
    (to / "notes.txt").write_text("theirs")
    with pytest.raises(BddsegError, match=f"export refuses to replace {name}"):
        engine.runs.export(run, "smp", to)
    assert not (run.folder / "export").exists()
    with pytest.raises(BddsegError, match=f"export refuses to replace {name}"):
        export_to(run, "smp", to)
    assert sorted(p.name for p in to.iterdir()) == sorted([name, "notes.txt"])
    (to / name).unlink()
    for _ in range(2):
        export_to(run, "smp", to)
    (told, _) = [e for e in read_events(tmp_path / "export-job/events.jsonl") if e["kind"] == "exported"]
    assert (
        told["files"] == ["README.md", "classes.json", "config.json", "model.safetensors"]
        and (to / "notes.txt").read_text() == "theirs"
    )


def test_a_model_card_that_somebody_went_on_writing_is_not_replaced(run: Run, tmp_path: Path) -> None:
    to = tmp_path / "out"
    export_to(run, "smp", to)
    card = (to / "README.md").read_text() + "Trained on my own streets."
    (to / "README.md").write_text(card)
    with pytest.raises(BddsegError, match=r"README\.md"):
        export_to(run, "smp", to)
    assert (to / "README.md").read_text() == card


@pytest.mark.parametrize("kind", ["smp"])
def test_an_export_on_a_full_disk_is_one_true_line_and_leaves_the_earlier_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportKind
) -> None:
    to = tmp_path / "out"
    export_to(run, kind, to)
    before = {p.name: p.read_bytes() for p in to.iterdir()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(export, "sync_tree", full)
    with pytest.raises(BddsegError, match="out cannot be written: the disk is full: make room"):
        export_to(run, kind, to)
    assert {p.name: p.read_bytes() for p in to.iterdir()} == before


def test_an_export_that_differs_is_not_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_difference", lambda found, expected: 1.0)
    with pytest.raises(BddsegError, match="not the same model"):
        export_to(run, "smp", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_run_is_scored_on_another_dataset_beside_its_own(
    run: Run, engine: Engine, drawn: Path, tmp_path: Path
) -> None:
    own = load_evaluation(evaluate(run))
    other = shutil.copytree(run.dataset, tmp_path / "elsewhere")
    for mask in sorted((other / "labels/sem_seg/masks/val").iterdir())[1:]:
        mask.unlink()
    # The run's own has moved, and nobody told the program so.
    run.dataset.rename(tmp_path / "moved")
    data = OtherData(other, dataset_key(engine.workspace.root, other))
    folder = evaluation_folder(run.folder, "best", "val", "none", data.key)
    with job(folder) as writer:
        evaluate_run(run, "best", "val", writer, "none", data)
    found = load_evaluation(folder)
    assert found.images == 1 and own.images == 6 and found.data_key == data.key
    assert found.name == f"{run.name}/best-val@{data.key}" == f"{run.name}/{folder.name}"
    assert {e.name for e in engine.analysis.evaluations()} == {own.name, found.name}
    assert engine.data.open(other).catalog.evaluations() == [found.name]
    (row,) = engine.analysis.images(found)
    assert row.image.is_relative_to(other)
    states = {s.name: s.dataset for s in engine.analysis.evaluation_states().read()}
    assert states[found.name] == str(other) != states[own.name]
    engine.analysis.delete(run, found.name)
    assert engine.data.open(other).catalog.evaluations() == [] and not folder.exists()


def test_the_mean_over_20_classes_says_so_where_unknown_was_not_trained(run: Run, engine: Engine) -> None:
    assert not load_evaluation(evaluate(run)).unknown_ignored
    config = run.folder / "config.toml"
    config.write_text(config.read_text().replace('unknown = "class"', 'unknown = "ignore"'))
    evaluate(Run(run.folder))
    (found,) = engine.analysis.evaluations()
    assert found.unknown_ignored
    assert "unknown was ignored" in overall(0.5, 0.5, 0.5, found.unknown_ignored)
