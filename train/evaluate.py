"""Evaluating a checkpoint on a split: one pass, at the dataset's own resolution."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch

from core.atomic import write_text
from core.catalog import Catalog
from core.classes import NUM_CLASSES
from core.config import TrainConfig, validate
from core.dataset import Sample, list_samples, open_dataset
from core.errors import BddsegError
from core.evaluation import evaluation_folder, evaluation_name
from core.runs import Run
from core.sanitize import sanitize, sanitize_path
from core.scan import scan
from core.workspace import Workspace
from train.checkpoint import load_model
from train.device import make_accelerator
from train.infer import predict_samples, write_prediction
from train.metrics import confusion_matrix, finite, image_scores, scores
from train.reporter import Reporter

Scored = tuple[Path, float, float, Path]


def evaluate_run(run: Run, checkpoint: str, split: str, reporter: Reporter) -> None:
    """Writes `result.json`, a prediction for each image, and per-image scores into the dataset's catalog.

    Raises:
        BddsegError: the split has no masks, or none of its samples can be used.
        StopRequestedError: SIGTERM came; nothing was changed.
    """
    config = validate(run.spec["train"])
    folder = evaluation_folder(run.folder, checkpoint, split)
    dataset = open_dataset(run.dataset)
    samples = [s for s in list_samples(dataset) if s.split == split and s.mask is not None]
    if not samples:
        raise BddsegError(f"the split {sanitize(split)} has no masks: evaluate on another, or use `bddseg-tui predict`")
    reporter.event("start", images=len(samples), checkpoint=checkpoint, split=split)
    reporter.update(state="running", phase="evaluate", total=len(samples))
    confusion, scored, problems = _measure(run, checkpoint, config, samples, folder / "predictions", reporter)
    if len(problems) == len(samples):
        raise BddsegError(f"none of the {len(samples)} images can be used; the first: {problems[0]}")
    if problems:
        reporter.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    result = scores(confusion.numpy())
    report = {
        "run": run.name,
        "checkpoint": checkpoint,
        "split": split,
        "images": len(samples) - len(problems),
        **result.summary(),
        "classes": result.class_rows(),
        "confusion": confusion.tolist(),
        "left_out": len(problems),
    }
    _record(run, evaluation_name(run.name, checkpoint, split), scored)
    write_text(folder / "result.json", json.dumps(report, allow_nan=False))
    reporter.event("finish", **result.summary())


def _measure(
    run: Run, checkpoint: str, config: TrainConfig, samples: list[Sample], predictions: Path, reporter: Reporter
) -> tuple[torch.Tensor, list[Scored], list[str]]:
    """(confusion int64 [20, 20], per-image scores, problems)."""
    accelerator = make_accelerator(config)
    model = load_model(run.folder / "checkpoints" / checkpoint)
    predictions.mkdir(parents=True, exist_ok=True)
    total = torch.zeros(NUM_CLASSES, NUM_CLASSES, dtype=torch.int64)
    scored: list[Scored] = []
    problems: list[str] = []
    writes: list[Future[None]] = []
    outcomes = predict_samples(
        model, samples, config.size, accelerator.device, str(accelerator.mixed_precision), config.batch_size
    )
    with ThreadPoolExecutor(2, "png") as pool:
        for done, outcome in enumerate(outcomes, start=1):
            if outcome.predicted is None or outcome.actual is None:
                problems.append(outcome.problem or sanitize_path(outcome.sample.image))
            else:
                matrix = confusion_matrix(outcome.actual, outcome.predicted).cpu()
                total += matrix
                path = predictions / f"{outcome.sample.name}.png"
                writes.append(pool.submit(write_prediction, outcome.predicted.cpu().numpy(), path))
                scored.append((outcome.sample.image, *image_scores(matrix.numpy()), path))
            reporter.progress(done, len(samples))
        for write in writes:
            write.result()
    return total, scored, problems


def _record(run: Run, name: str, scored: list[Scored]) -> None:
    dataset = open_dataset(run.dataset)
    catalog = Catalog(Workspace(Path(run.spec["workspace"])).catalog_path(dataset.root), dataset.root)
    if catalog.progress()[0] == 0:
        scan(catalog, dataset, lambda done, total: None)
    rows = [(image, finite(accuracy), finite(miou), path) for image, accuracy, miou, path in scored]
    catalog.record_scores(name, rows)
