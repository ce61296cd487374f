"""Evaluating and predicting with a really trained checkpoint."""

import csv
import json
import re
import shutil
from pathlib import Path

import av
import numpy as np
import onnx
import onnxruntime
import pytest
import segmentation_models_pytorch as smp
import torch
import yaml
from PIL import Image
from torchmetrics.classification import MulticlassConfusionMatrix

from bddseg_tui.core.analysis.per_image import load_per_image
from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.dataset import list_samples, open_dataset
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.image_file import read_mask
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.jobs.job import tail_log
from bddseg_tui.core.report.write import Forms
from bddseg_tui.core.runs.evaluation import load_evaluation
from bddseg_tui.core.runs.export_kinds import EXPORTS, ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.export_model import ExportedModel
from bddseg_tui.train.normalise import IMAGENET
from tests.train.in_process import evaluate, export_to, fit, predict, small_config


@pytest.fixture(scope="module")
def evaluated(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Run]:
    engine = Engine(Workspace(tmp_path_factory.mktemp("evaluated")))
    run = fit(engine, drawn, small_config())
    evaluate(run)
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
    result = engine.analysis.evaluations()[0]
    assert torch.equal(torch.tensor(result.confusion), metric.compute())
    assert result.images == 6


def test_each_image_has_a_score_in_the_catalog(evaluated: tuple[Engine, Run], drawn: Path) -> None:
    engine, run = evaluated
    catalog = engine.data.open(drawn).catalog
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
    folder = engine.runs.predict(run, tmp_path / "out", "test")
    assert engine.runs.wait(folder).state == "finished", tail_log(folder)
    masks, colours = sorted((tmp_path / "out/masks").iterdir()), sorted((tmp_path / "out/colour").iterdir())
    assert len(masks) == 3 and [p.name for p in masks] == [p.name for p in colours]
    with Image.open(masks[0]) as mask, Image.open(colours[0]) as colour:
        assert (mask.mode, mask.size, colour.size) == ("L", (128, 72), (128, 72))
    catalog, name = engine.data.open(run.dataset).catalog, f"{run.name}/best-test predicted"
    assert name in catalog.evaluations()
    rows = catalog.rows(catalog.find(parse_query("split:test"), name), name)
    assert sorted(r.prediction for r in rows if r.prediction) == masks
    assert all(r.miou is None for r in rows)
    catalog.record_scores(name, [])


def test_predict_goes_on_where_it_stopped_and_starts_again_for_another_checkpoint(
    evaluated: tuple[Engine, Run], drawn: Path, tmp_path: Path
) -> None:
    _, run = evaluated
    folder, out = tmp_path / "photos/deep", tmp_path / "out"
    folder.mkdir(parents=True)
    for image in sorted((drawn / "images/10k/test").iterdir()):
        shutil.copy(image, folder / image.name)
    shutil.copy(image, folder / f"{image.stem}.png.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    predict(run, tmp_path / "photos", out)
    masks = sorted((out / "masks/deep").iterdir())
    assert len(masks) == 4 and len(list((out / "overlay/deep").iterdir())) == 4
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["images"], summary["left_out"]) == (4, 1)
    assert sum(c["percentage"] for c in summary["classes"]) == pytest.approx(100)
    masks[0].unlink()
    before = [m.stat().st_mtime_ns for m in masks[1:]]
    predict(run, tmp_path / "photos", out)
    assert masks[0].exists() and [m.stat().st_mtime_ns for m in masks[1:]] == before
    journal = (out / "predictions.jsonl").read_text()
    (out / "predictions.jsonl").write_text(journal.replace("step-", "another-", 1))
    predict(run, tmp_path / "photos", out)
    assert all(m.stat().st_mtime_ns > b for m, b in zip(masks[1:], before, strict=True))


def test_predict_a_video_writes_a_mask_a_frame_and_an_overlay_video(
    evaluated: tuple[Engine, Run], drawn: Path, tmp_path: Path
) -> None:
    _, run = evaluated
    with av.open(str(tmp_path / "drive.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for image in sorted((drawn / "images/10k/train").iterdir())[:7]:
            with Image.open(image) as picture:
                target.mux(stream.encode(av.VideoFrame.from_image(picture.convert("RGB"))))
        target.mux(stream.encode(None))
    predict(run, tmp_path / "drive.mp4", tmp_path / "out")
    assert [p.stem for p in sorted((tmp_path / "out/masks").iterdir())] == [f"{n:06d}" for n in range(7)]
    with av.open(str(tmp_path / "out/overlay.mp4")) as made:
        frames = list(made.decode(video=0))
        assert len(frames) == 7 and (frames[0].width, frames[0].height) == (128, 72)
        assert made.streams.video[0].average_rate == 10


def test_a_file_that_is_no_video_is_one_line(evaluated: tuple[Engine, Run], tmp_path: Path) -> None:
    _, run = evaluated
    (tmp_path / "drive.mp4").write_bytes(b"no video" * 100)
    with pytest.raises(BddsegError, match="cannot be read as a video"):
        predict(run, tmp_path / "drive.mp4", tmp_path / "out")


def test_counts_by_image_add_up_to_the_confusion_and_fill_the_catalog(
    evaluated: tuple[Engine, Run], drawn: Path
) -> None:
    engine, _ = evaluated
    result = engine.analysis.evaluations()[0]
    found = load_per_image(result.folder)
    assert found.total().tolist() == [list(row) for row in result.confusion]
    assert result.boundary_miou19 is not None and 0 <= result.boundary_miou19 <= 1
    assert result.ece is not None and 0 <= result.ece <= 1
    assert sum(b["share"] for b in result.raw["calibration"]) == pytest.approx(1)
    catalog = engine.data.open(drawn).catalog
    rows = catalog.rows(catalog.find(parse_query("is:scored sort:-brightness"), result.name), result.name)
    brightness = [r.figures["brightness"] or 0 for r in rows]
    assert len(rows) == 6 and brightness == sorted(brightness, reverse=True)
    report = engine.analysis.labels(result)
    missed_car = catalog.find(parse_query("missed:car"), result.name)
    car = report.classes[13]
    assert len(missed_car) == car.support - round(car.recall * car.support)
    assert len(engine.analysis.missed(result, 13)) == len(missed_car)


def test_a_cell_lists_the_images_with_its_pixels(evaluated: tuple[Engine, Run]) -> None:
    engine, _ = evaluated
    result = engine.analysis.evaluations()[0]
    matrix = engine.analysis.matrix(result, "pixels", "row")
    counts = np.asarray(matrix.counts)
    row, column = (int(v) for v in np.argwhere((counts > 0) & ~np.eye(20, dtype=bool))[0])
    images = engine.analysis.cell_images(result, "pixels", row, column)
    assert images and all(r.prediction is not None for r in images)
    pixels = [
        int(((read_mask(r.mask) == row) & (read_mask(r.prediction) == column)).sum())
        for r in images
        if r.mask and r.prediction
    ]
    assert sum(pixels) == counts[row, column] and pixels == sorted(pixels, reverse=True)


def test_test_time_augmentation_is_kept_apart(evaluated: tuple[Engine, Run]) -> None:
    engine, run = evaluated
    evaluate(run, tta="flip")
    plain, flipped = (load_evaluation(run.folder / "evaluation" / n) for n in ("best-val", "best-val+flip"))
    assert (plain.tta, flipped.tta) == ("none", "flip") and flipped.name.endswith("best-val+flip")
    assert plain.confusion != flipped.confusion
    changes = engine.analysis.changes(plain, flipped)
    assert len(changes) == 6 and changes[0][1].change <= changes[-1][1].change
    engine.analysis.delete(run, flipped.name)


def test_a_report_is_one_page_that_needs_no_other_file(evaluated: tuple[Engine, Run], tmp_path: Path) -> None:
    engine, _ = evaluated
    result = engine.analysis.evaluations()[0]
    files = engine.analysis.report(result, [result], tmp_path, Forms(markdown=True, csv=True))
    page = files[0].read_text()
    assert page.count("data:image/jpeg;base64,") >= 6 and page.count("<svg") >= 6
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    assert "<script" not in page and f"{100 * (result.miou19 or 0):.2f}" in page
    names = {f.name for f in files}
    assert {"report.md", "overall.csv", "classes.csv", "labels.csv", "slices.csv", "confusion.csv"} <= names
    rows = list(csv.DictReader((tmp_path / "classes.csv").open()))
    assert len(rows) == 20 and rows[0]["class"] == "road"
    for line in re.findall(r"!\[.*?\]\((.*?)\)", (tmp_path / "report.md").read_text()):
        assert (tmp_path / line).exists()


def says_what_it_is(metadata: dict[str, str]) -> None:
    """Classes and colours in the order of the channels, the size, and how images are normalised."""
    values = {key: json.loads(value) for key, value in metadata.items()}
    assert values["class_names"] == [c.name for c in CLASSES]
    assert values["class_colours"] == [list(c.color) for c in CLASSES]
    assert values["size"] == [32, 64]
    assert (values["mean"], values["std"]) == tuple(map(list, IMAGENET))


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_is_the_same_model_and_has_a_card(
    evaluated: tuple[Engine, Run], tmp_path: Path, kind: ExportKind
) -> None:
    _, run = evaluated
    to = tmp_path / "out"
    job = export_to(run, kind, to)
    told = [e for e in read_events(job / "events.jsonl") if e["kind"] == "exported"]
    assert told[-1]["max_difference"] < 1e-3
    card = (to / "README.md").read_text()
    assert "mIoU over 19 classes" in card and "32x64" in card
    evaluation = load_evaluation(run.folder / "evaluation/best-val")
    (entry,) = yaml.safe_load(card.split("---\n")[1])["model-index"]
    (result,) = entry["results"]
    metrics = {m["name"]: m["value"] for m in result["metrics"]}
    assert metrics["mIoU over 19 classes"] == pytest.approx(evaluation.miou19, abs=1e-6)
    assert metrics["pixel accuracy"] == pytest.approx(evaluation.pixel_accuracy, abs=1e-6)
    assert f"mIoU over 19 classes {100 * (evaluation.miou19 or 0):.2f}" in card
    images = torch.rand(3, 3, 32, 64)
    model = ExportedModel(load_model(run.folder / "checkpoints/best"), IMAGENET).eval()
    with torch.inference_mode():
        expected = model(images)
        match kind:
            case "onnx":
                session = onnxruntime.InferenceSession(str(to / "model.onnx"))
                found = torch.from_numpy(session.run(None, {"images": images.numpy()})[0])
                says_what_it_is(session.get_modelmeta().custom_metadata_map)
                onnx.checker.check_model(to / "model.onnx")
                says_what_it_is({p.key: p.value for p in onnx.load(to / "model.onnx").metadata_props})
            case "torchscript":
                extra = {"metadata.json": ""}
                found = torch.jit.load(str(to / "model.pt"), _extra_files=extra)(images)
                says_what_it_is(json.loads(extra["metadata.json"]))
            case _:
                found = ExportedModel(smp.from_pretrained(to), IMAGENET).eval()(images)
    assert torch.allclose(found, expected, atol=1e-3)


def test_an_export_of_another_kind_is_named(evaluated: tuple[Engine, Run], tmp_path: Path) -> None:
    engine, run = evaluated
    with pytest.raises(UsageError, match="did you mean 'onnx'"):
        engine.runs.export(run, "onxx", tmp_path)


def test_a_split_without_masks_cannot_be_evaluated(evaluated: tuple[Engine, Run]) -> None:
    _, run = evaluated
    with pytest.raises(BddsegError, match="the split test has no masks"):
        evaluate(run, "test")


def test_a_checkpoint_that_is_not_there_is_named(evaluated: tuple[Engine, Run]) -> None:
    engine, run = evaluated
    with pytest.raises(UsageError, match="no checkpoint 'worst'"):
        engine.runs.evaluate(run, "val", "worst")


def test_deleting_an_evaluation_forgets_its_scores(evaluated: tuple[Engine, Run], drawn: Path) -> None:
    engine, run = evaluated
    folder = evaluate(run, "train")
    assert load_evaluation(folder).images == 12
    engine.analysis.delete(run, f"{run.name}/best-train")
    assert not folder.exists()
    assert engine.data.open(drawn).catalog.evaluations() == [f"{run.name}/best-val"]
