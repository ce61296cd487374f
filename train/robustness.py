"""Evaluating a checkpoint on corrupted images: one job over kinds and severities, which goes on where it ended."""

from dataclasses import replace
from itertools import product

import numpy as np
from PIL import Image
from torch import nn

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.corruptions import CORRUPTIONS, Corruption, corrupt
from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.runs.config import validate
from bddseg_tui.core.runs.metrics import finite, scores
from bddseg_tui.core.runs.robustness import (
    CLEAN,
    Cell,
    Robustness,
    load_robustness,
    robustness_folder,
    write_robustness,
)
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.confusion import confusion_matrix
from bddseg_tui.train.infer import Inference, make_inference, predict_samples


def corrupt_run(
    run: Run, checkpoint: str, split: str, kinds: tuple[Corruption, ...], severities: tuple[int, ...], job: JobWriter
) -> None:
    """Measures every kind at every severity, and the images as they are; what was measured before is kept.

    Raises:
        BddsegError: the split has no masks.
        StopRequestedError: SIGTERM came; the cells that are done are kept.
    """
    dataset = open_dataset(run.dataset)
    samples = [s for s in list_samples(dataset) if s.split == split and s.mask is not None]
    if not samples:
        raise BddsegError(f"the split {sanitize(split)} has no masks")
    folder = robustness_folder(run.folder, checkpoint, split)
    found = load_robustness(folder)
    if found is None or found.images != len(samples):
        found = Robustness(run.name, checkpoint, split, 0, len(samples), ())
    wanted: list[tuple[Corruption | None, int]] = [(None, 0), *product(kinds, severities)]
    left = [(kind, severity) for kind, severity in wanted if found.cell(kind or CLEAN, severity) is None]
    total = len(wanted) * len(samples)
    job.event("start", images=len(samples), checkpoint=checkpoint, split=split)
    job.update(state="running", phase="evaluate", total=total)
    how, model = make_inference(validate(run.spec["train"])), load_model(run.folder / "checkpoints" / checkpoint)
    done = (len(wanted) - len(left)) * len(samples)
    for kind, severity in left:
        job.update(phase=f"{kind} {severity}" if kind else CLEAN, total=total, done=done)
        cell = _measure(model, samples, how, kind, severity, job, (done, total))
        done += len(samples)
        found = replace(found, cells=_ordered((*found.cells, cell)))
        write_robustness(folder, found)
    job.event("finish", miou19=found.clean["miou19"] if found.clean else None)


def _measure(
    model: nn.Module,
    samples: list[Sample],
    how: Inference,
    kind: Corruption | None,
    severity: int,
    job: JobWriter,
    progress: tuple[int, int],
) -> Cell:
    def change(image: Image.Image, sample: Sample) -> Image.Image:
        return corrupt(image, kind, severity, sample.name) if kind else image

    counts, (done, total) = np.zeros((NUM_CLASSES, NUM_CLASSES), np.int64), progress
    for number, outcome in enumerate(predict_samples(model, samples, how, change), start=1):
        if outcome.actual is not None and outcome.predicted is not None:
            counts += confusion_matrix(outcome.actual, outcome.predicted).cpu().numpy()
        job.progress(done + number, total)
    figures = scores(counts)
    return {
        "kind": kind or CLEAN,
        "severity": severity,
        "miou19": finite(figures.miou19),
        "iou": [finite(v) for v in figures.iou],
    }


def _ordered(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    order = [CLEAN, *CORRUPTIONS]
    return tuple(sorted(cells, key=lambda c: (order.index(c["kind"]) if c["kind"] in order else 99, c["severity"])))
