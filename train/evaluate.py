"""Evaluating a checkpoint on a split: one pass, at the dataset's own resolution."""

import json
import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from bddseg_tui.core.analysis.class_details import ClassDetails, Mask, details_of, no_details, write_details
from bddseg_tui.core.analysis.per_image import PerImage, PerImageWriter
from bddseg_tui.core.analysis.record_scores import mark_pending, record_evaluation
from bddseg_tui.core.classes import NUM_OFFICIAL
from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.temporary_files import temporary_folder, temporary_path
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.runs.config import validate
from bddseg_tui.core.runs.evaluation import evaluation_folder, evaluation_name
from bddseg_tui.core.runs.metrics import boundary_scores, calibration, finite, scores
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.confusion import CALIBRATION_BINS, boundary_counts, calibration_counts, confusion_matrix
from bddseg_tui.train.infer import (
    CONFIDENCE_STRIDE,
    Inference,
    Predicted,
    make_inference,
    predict_samples,
    write_prediction,
)

_PATIENCE_S = 60.0
"""How long an evaluation that is done waits for a catalog that others write."""


@dataclass
class EvaluationCounts:
    """What is counted while images go by; `bins` (float64 [3, CALIBRATION_BINS]) and `details` over all of them."""

    writer: PerImageWriter
    root: Path
    bins: torch.Tensor = field(default_factory=lambda: torch.zeros(3, CALIBRATION_BINS, dtype=torch.float64))
    details: ClassDetails = field(default_factory=no_details)
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
        truth = actual[::CONFIDENCE_STRIDE, ::CONFIDENCE_STRIDE]
        known = truth < NUM_OFFICIAL
        right = predicted[::CONFIDENCE_STRIDE, ::CONFIDENCE_STRIDE][known] == truth[known]
        self.bins += calibration_counts(confidence[known], right).cpu()


@dataclass(frozen=True)
class OtherData:
    """A dataset that is not the run's own: its root, and its key in the workspace."""

    root: Path
    key: str


def evaluate_run(
    run: Run, checkpoint: str, split: str, job: JobWriter, tta: Tta = "none", data: OtherData | None = None
) -> None:
    """Writes `result.json`, counts and a prediction for each image, and per-image scores into the dataset's catalog.

    The dataset is the run's, or `data`.

    Raises:
        BddsegError: the split has no masks, or none of its samples can be used.
        OSError: the disk is full; an earlier evaluation is still there.
        StopRequestedError: SIGTERM came; nothing was changed.
    """
    config = validate(run.spec["train"])
    key = data.key if data else ""
    folder = evaluation_folder(run.folder, checkpoint, split, tta, key)
    dataset = open_dataset(data.root if data else run.dataset)
    samples = [s for s in list_samples(dataset) if s.split == split and s.mask is not None]
    if not samples:
        raise BddsegError(f"the split {sanitize(split)} has no masks: evaluate on another, or use `bddseg-tui predict`")
    job.event("start", images=len(samples), checkpoint=checkpoint, split=split, tta=tta)
    job.update(state="running", phase="evaluate", total=len(samples))
    with PerImageWriter(folder) as writer, temporary_folder(folder) as predictions:
        counted = EvaluationCounts(writer, dataset.root)
        how, model = make_inference(config, tta), load_model(run.folder / "checkpoints" / checkpoint)
        _predict(model, samples, how=how, counted=counted, to=predictions, job=job)
        problems = counted.problems
        if not len(writer):
            raise BddsegError(f"none of the {len(samples)} images can be used; the first: {problems[0]}")
        mark_pending(folder)
        found = writer.finish()
        write_details(folder, counted.details)
        _put_in_place(predictions, folder / "predictions")
    if problems:
        job.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    report = {"run": run.name, "checkpoint": checkpoint, "split": split, "tta": tta, **_figures(found, counted.bins)}
    report |= {"images": len(found), "left_out": len(problems), "unknown": config.unknown}
    if data:
        report |= {"dataset": os.fspath(dataset.root), "dataset_key": key}
    # The result first: the catalog, which others write too, must not cost it.
    write_text(folder / "result.json", json.dumps(report, allow_nan=False))
    _record(run, dataset.root, evaluation_name(run.name, checkpoint, split, tta, key), folder, job)
    job.event("finish", **{k: report[k] for k in ("pixel_accuracy", "miou19", "miou20", "boundary_miou19", "ece")})


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


def _predict(
    model: nn.Module, samples: list[Sample], how: Inference, counted: EvaluationCounts, to: Path, job: JobWriter
) -> None:
    """Counts every sample, and writes its prediction into the folder `to`."""
    ahead: list[Future[ClassDetails]] = []
    outcomes = predict_samples(model, samples, how)

    def finish(actual: Mask, predicted: Mask, path: Path) -> ClassDetails:
        write_prediction(predicted, path)
        return details_of(actual, predicted, how.size or actual.shape)

    # Both leave the lock of Python's interpreter for most of their time.
    with ThreadPoolExecutor(min(8, max(2, cores())), "finish") as pool:
        for done, outcome in enumerate(outcomes, start=1):
            if outcome.predicted is None or outcome.actual is None:
                counted.problems.append(outcome.problem or sanitize_path(outcome.sample.image))
            else:
                path = to / f"{outcome.sample.name}.png"
                both = outcome.actual.cpu().numpy(), outcome.predicted.cpu().numpy()
                ahead.append(pool.submit(finish, *both, path))
                counted.add(outcome)
            while len(ahead) > 16 or (ahead and ahead[0].done()):
                counted.details += ahead.pop(0).result()
            job.progress(done, len(samples))
        for future in ahead:
            counted.details += future.result()


def _put_in_place(predictions: Path, target: Path) -> None:
    """Makes new predictions those of the evaluation, in place of earlier ones."""
    earlier = temporary_path(target.parent)
    try:
        if target.exists():
            target.rename(earlier)
        predictions.rename(target)
    finally:
        shutil.rmtree(earlier, ignore_errors=True)


def _record(run: Run, dataset: Path, name: str, folder: Path, job: JobWriter) -> None:
    """Tells the dataset's catalog the scores by image; that it cannot be told now is no failure."""
    job.update(phase="catalog", force=True)
    workspace = Workspace(Path(run.spec["workspace"]))
    try:
        record_evaluation(workspace, dataset, name, folder, patience_s=_PATIENCE_S)
    except BddsegError as error:
        message = f"filters do not know the scores by image yet: {error} (`bddseg-tui evaluations` tries it again)"
        job.event("warning", message=message)
