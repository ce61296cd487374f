"""Which images a run trains on, and which images its predictions find."""

from pathlib import Path

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.evaluation import evaluation_name, prediction_name
from bddseg_tui.train.setup import setup
from tests.train.in_process import evaluate, fit, job, predict, small_config


def test_a_run_trains_without_what_is_excluded_and_its_predictions_are_filtered_by(
    engine: Engine, collection: Collection, tmp_path: Path
) -> None:
    root, train = collection.dataset.root, engine.data.find_ids(collection, "split:train")
    engine.data.change_tags(collection, train[:4], "exclude")
    run = fit(engine, root, small_config("batch_size=2"))
    (start,) = read_events(run.events, ("start",))
    assert start["kind"] == "start"
    assert (start.get("train_images"), start.get("excluded_images"), start.get("val_images")) == (8, 4, 6)
    # What is tagged or not by now is of no account to a run that goes on.
    engine.data.change_tags(collection, train, "exclude", remove=True)
    with job(run.folder) as writer:
        assert len(setup(run, writer).train) == 8

    evaluate(run)
    predict(run, "test", tmp_path / "out")
    for name, split, count in (
        (evaluation_name(run.name, "best", "val"), "val", 6),
        (prediction_name(run.name, "best", "test"), "test", 3),
    ):
        rows = engine.data.find(collection, f"split:{split}", name)
        assert len(rows) == count and all(r.predicted and sum(r.predicted) == 128 * 72 for r in rows)
        most = max(range(20), key=lambda c: rows[0].predicted_share(c) or 0)
        share = rows[0].predicted_share(most) or 0
        found = engine.data.find(collection, f"pred:{most}>{share - 0.1:.2f}% sort:-pred:{most}", name)
        assert rows[0].id in [r.id for r in found]
