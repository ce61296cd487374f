"""Evaluating a checkpoint on a split: one pass, at the dataset's own resolution."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.analysis.multilabel import presence
from core.analysis.per_image import PerImage, PerImageWriter
from core.analysis.threshold import Threshold
from core.atomic import write_text
from core.catalog import Catalog, ImageScore
from core.classes import NUM_OFFICIAL
from core.config import TrainConfig, validate
from core.dataset import Sample, list_samples, open_dataset
from core.errors import BddsegError
from core.evaluation import evaluation_folder, evaluation_name
from core.runs import Run
from core.sanitize import sanitize, sanitize_path
from core.scan import scan
from core.scores import boundary_scores, calibration, finite, image_scores, scores
from core.workspace import Workspace
from train.checkpoint import load_model
from train.device import make_accelerator
from train.infer import SPARSE, Predicted, predict_samples, write_prediction
from train.metrics import BINS, boundary_counts, calibration_counts, confusion_matrix
from train.reporter import Reporter
from train.tta import Tta


@dataclass
class Counted:
    """What is counted while images go by; `bins` is float64 [3, BINS] over all of them."""

    writer: PerImageWriter
    root: Path
    bins: torch.Tensor = field(default_factory=lambda: torch.zeros(3, BINS, dtype=torch.float64))
    problems: list[str] = field(default_factory=list)

    def add(self, outcome: Predicted) -> None:
        """Counts one image; its path is made relative to the dataset's root."""
        actual, predicted, confidence = outcome.actual, outcome.predicted, outcome.confidence
        assert actual is not None and predicted is not None and confidence is not None
        self.writer.add(
            os.fsencode(os.path.relpath(outcome.sample.image, self.root)),
            confusion_matrix(actual, predicted).cpu().numpy().astype(np.uint32),
            boundary_counts(actual, predicted).cpu().numpy().astype(np.uint32),
            float(confidence.mean()),
            outcome.brightness,
        )
        truth = actual[::SPARSE, ::SPARSE]
        known = truth < NUM_OFFICIAL
        right = predicted[::SPARSE, ::SPARSE][known] == truth[known]
        self.bins += calibration_counts(confidence[known], right).cpu()


def evaluate_run(run: Run, checkpoint: str, split: str, reporter: Reporter, tta: Tta = "none") -> None:
    """Writes `result.json`, counts and a prediction for each image, and per-image scores into the dataset's catalog.

    Raises:
        BddsegError: the split has no masks, or none of its samples can be used.
        StopRequestedError: SIGTERM came; nothing was changed.
    """
    config = validate(run.spec["train"])
    folder = evaluation_folder(run.folder, checkpoint, split, tta)
    dataset = open_dataset(run.dataset)
    samples = [s for s in list_samples(dataset) if s.split == split and s.mask is not None]
    if not samples:
        raise BddsegError(f"the split {sanitize(split)} has no masks: evaluate on another, or use `bddseg-tui predict`")
    reporter.event("start", images=len(samples), checkpoint=checkpoint, split=split, tta=tta)
    reporter.update(state="running", phase="evaluate", total=len(samples))
    with PerImageWriter(folder) as writer:
        counted = Counted(writer, dataset.root)
        _measure(run, checkpoint, config, samples, counted, folder / "predictions", reporter, tta)
        found = writer.finish() if len(writer) else None
    problems = counted.problems
    if found is None:
        raise BddsegError(f"none of the {len(samples)} images can be used; the first: {problems[0]}")
    if problems:
        reporter.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    report = {"run": run.name, "checkpoint": checkpoint, "split": split, "tta": tta, **_figures(found, counted.bins)}
    report |= {"images": len(found), "left_out": len(problems)}
    _record(run, evaluation_name(run.name, checkpoint, split, tta), found, folder / "predictions")
    write_text(folder / "result.json", json.dumps(report, allow_nan=False))
    reporter.event("finish", **{k: report[k] for k in ("pixel_accuracy", "miou19", "miou20", "boundary_miou19", "ece")})


def _figures(found: PerImage, bins: torch.Tensor) -> dict[str, Any]:
    """The overall figures and those by class."""
    confusion = found.total()
    result = scores(confusion)
    boundary, boundary_mean = boundary_scores(found.boundary.sum(axis=0, dtype=np.int64))
    error, diagram = calibration(bins.numpy())
    rows = [{**row, "boundary_iou": finite(boundary[row["id"]])} for row in result.class_rows()]
    return {
        **result.summary(),
        "boundary_miou19": finite(boundary_mean),
        "ece": finite(error),
        "calibration": diagram,
        "classes": rows,
        "confusion": confusion.tolist(),
    }


def _measure(
    run: Run,
    checkpoint: str,
    config: TrainConfig,
    samples: list[Sample],
    counted: Counted,
    predictions: Path,
    reporter: Reporter,
    tta: Tta,
) -> None:
    accelerator = make_accelerator(config)
    model = load_model(run.folder / "checkpoints" / checkpoint)
    predictions.mkdir(parents=True, exist_ok=True)
    writes: list[Future[None]] = []
    outcomes = predict_samples(
        model, samples, config.size, accelerator.device, str(accelerator.mixed_precision), config.images_at_once, tta
    )
    with ThreadPoolExecutor(2, "png") as pool:
        for done, outcome in enumerate(outcomes, start=1):
            if outcome.predicted is None or outcome.actual is None:
                counted.problems.append(outcome.problem or sanitize_path(outcome.sample.image))
            else:
                path = predictions / f"{outcome.sample.name}.png"
                writes.append(pool.submit(write_prediction, outcome.predicted.cpu().numpy(), path))
                counted.add(outcome)
            while len(writes) > 16 or (writes and writes[0].done()):
                writes.pop(0).result()
            reporter.progress(done, len(samples))
        for write in writes:
            write.result()


def _record(run: Run, name: str, found: PerImage, predictions: Path) -> None:
    """Tells the dataset's catalog the scores by image, so that filters and sorting know them."""
    dataset = open_dataset(run.dataset)
    catalog = Catalog(Workspace(Path(run.spec["workspace"])).catalog_path(dataset.root), dataset.root)
    if catalog.progress()[0] == 0:
        scan(catalog, dataset, lambda done, total: None)
    catalog.record_scores(name, _image_scores(found, dataset.root, predictions))


def _image_scores(found: PerImage, root: Path, predictions: Path) -> Iterator[ImageScore]:
    for n, relative in enumerate(found.images):
        image, confusion = root / os.fsdecode(relative), found.confusion[n]
        actual, predicted = (p[0] for p in presence(confusion[None], Threshold()))
        accuracy, miou = map(finite, image_scores(confusion.astype(np.int64)))
        boundary = finite(boundary_scores(found.boundary[n].astype(np.int64))[1])
        how = (float(found.confidence[n]), float(found.brightness[n]))
        bits = (_bits(actual & ~predicted), _bits(predicted & ~actual))
        yield ImageScore(image, predictions / f"{image.stem}.png", accuracy, miou, boundary, *how, *bits)


def _bits(classes: NDArray[np.bool_]) -> int:
    return sum(1 << int(c) for c in np.flatnonzero(classes))
