"""Evaluating and predicting with a really trained checkpoint."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchmetrics.classification import MulticlassConfusionMatrix

from core.config import build_config
from core.dataset import list_samples, open_dataset
from core.engine import Engine
from core.errors import UsageError
from core.evaluation import load_evaluation
from core.imagefile import read_mask
from core.job import tail_log
from core.query import parse_query
from core.runs import Run
from core.workspace import Workspace


@pytest.fixture(scope="module")
def evaluated(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Run]:
    engine = Engine(Workspace(tmp_path_factory.mktemp("evaluated")))
    settings = ["encoder=mobilenet_v2", "height=32", "width=64", "batch_size=4", "epochs=1", "threads=1"]
    run = engine.train(drawn, build_config("demo", settings), "demo")
    assert engine.wait(run.folder).state == "finished", tail_log(run.folder)
    folder = engine.evaluate(run)
    assert engine.wait(folder).state == "finished", tail_log(folder)
    return engine, run


def test_predictions_have_the_datasets_own_size_and_official_values(evaluated: tuple[Engine, Run], drawn: Path) -> None:
    _, run = evaluated
    predictions = sorted((run.folder / "evaluation/best-val/predictions").iterdir())
    assert [p.stem for p in predictions] == sorted(p.stem for p in (drawn / "images/10k/val").iterdir())
    for path in predictions:
        with Image.open(path) as image:
            assert (image.mode, image.size) == ("L", (128, 72))
            assert set(np.unique(np.asarray(image))) <= {*range(19), 255}


def test_the_reported_confusion_is_torchmetrics_on_the_written_predictions(
    evaluated: tuple[Engine, Run], drawn: Path
) -> None:
    engine, run = evaluated
    metric = MulticlassConfusionMatrix(20)
    for sample in list_samples(open_dataset(drawn)):
        if sample.split == "val" and sample.mask:
            predicted = read_mask(run.folder / f"evaluation/best-val/predictions/{sample.name}.png")
            metric.update(torch.from_numpy(predicted).int(), torch.from_numpy(read_mask(sample.mask)).int())
    result = engine.evaluations()[0]
    assert torch.equal(torch.tensor(result.confusion), metric.compute())
    assert result.images == 6


def test_each_image_has_a_score_in_the_catalog(evaluated: tuple[Engine, Run], drawn: Path) -> None:
    engine, run = evaluated
    catalog = engine.open(drawn).catalog
    name = f"{run.name}/best-val"
    assert catalog.evaluations() == [name]
    ids = catalog.find(parse_query("is:scored sort:iou"), name)
    rows = catalog.rows(ids, name)
    scores = [r.miou for r in rows]
    assert len(scores) == 6 and scores == sorted(scores, key=lambda s: s or 0.0)
    assert all(r.prediction and r.prediction.exists() for r in rows)
    assert catalog.find(parse_query("iou<0%"), name) == []
    assert len(catalog.find(parse_query("iou>=0%"), name)) == 6


def test_predict_writes_masks_and_previews_for_images_without_masks(
    evaluated: tuple[Engine, Run], tmp_path: Path
) -> None:
    engine, run = evaluated
    folder = engine.predict(run, tmp_path / "out", "test")
    assert engine.wait(folder).state == "finished", tail_log(folder)
    masks, colours = sorted((tmp_path / "out/masks").iterdir()), sorted((tmp_path / "out/colour").iterdir())
    assert len(masks) == 3 and [p.name for p in masks] == [p.name for p in colours]
    with Image.open(masks[0]) as mask, Image.open(colours[0]) as colour:
        assert (mask.mode, mask.size, colour.size) == ("L", (128, 72), (128, 72))


def test_a_split_without_masks_cannot_be_evaluated(evaluated: tuple[Engine, Run]) -> None:
    engine, run = evaluated
    status = engine.wait(engine.evaluate(run, "test"))
    assert (status.state, "has no masks" in status.message) == ("failed", True)


def test_a_checkpoint_that_is_not_there_is_named(evaluated: tuple[Engine, Run]) -> None:
    engine, run = evaluated
    with pytest.raises(UsageError, match="no checkpoint 'worst'"):
        engine.evaluate(run, "val", "worst")


def test_deleting_an_evaluation_forgets_its_scores(evaluated: tuple[Engine, Run], drawn: Path) -> None:
    engine, run = evaluated
    folder = engine.evaluate(run, "train")
    assert engine.wait(folder).state == "finished", tail_log(folder)
    assert load_evaluation(folder).images == 12
    engine.delete_evaluation(run, f"{run.name}/best-train")
    assert not folder.exists()
    assert engine.open(drawn).catalog.evaluations() == [f"{run.name}/best-val"]
