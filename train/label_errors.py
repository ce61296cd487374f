"""The job that searches label errors: a model for each fold, what it says of the masks it did not see, a ranking."""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.dataset import Dataset, Sample, open_dataset
from bddseg_tui.core.data.image_file import BadFileError, read_mask
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import StatusChanges
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.jobs.run_events import Kind
from bddseg_tui.core.quality.label_areas import Grid, place_prior
from bddseg_tui.core.quality.label_error_search import (
    SearchSpec,
    folds_of,
    labelled_samples,
    make_fold,
    read_spec,
)
from bddseg_tui.core.quality.label_evidence import EVIDENCE_FILE, EvidenceBuilder, read_evidence, write_evidence
from bddseg_tui.core.quality.label_findings import MEASURE, SUSPECT, find, write_findings
from bddseg_tui.core.quality.label_ranking import rank
from bddseg_tui.core.quality.suspect_runs import suspect_areas
from bddseg_tui.core.quality.suspects import SUSPECTS, write_suspects
from bddseg_tui.core.runs.config import TrainConfig, validate
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.fit import fit_run
from bddseg_tui.train.infer import Loaded, groups, load_ahead, make_inference
from bddseg_tui.train.model import encoder_name
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.tta import augmented_logits

_PRIOR_MASKS = 500
_MOST_CELLS = 16384
_OWN_SIZE = (72, 128)
"""The grid where each image is run at its own size."""


def search_label_errors(folder: Path, job: JobWriter) -> None:
    """Searches label errors as the folder's search.json says; goes on where it was stopped.

    Raises:
        BddsegError: a model cannot be trained, or none of the images be read.
        StopRequestedError: SIGTERM came; what was found stays.
    """
    spec = read_spec(folder)
    dataset = open_dataset(Path(spec.dataset))
    samples = labelled_samples(dataset)
    folds = max(1, spec.folds)
    held_out = folds_of(samples, folds) if spec.folds else {sample.image: 1 for sample in samples}
    job.update(state="running", phase="prepare")
    for number in range(1, folds + 1):
        inner = folder / "folds" / str(number)
        if (inner / EVIDENCE_FILE).exists():
            continue
        mine = [sample for sample in samples if held_out[sample.image] == number]
        told = _Told(job, f"fold {number} of {folds}: " if spec.folds else "")
        _search_fold(_fold_run(folder, spec, dataset, mine, number, told), inner, mine, dataset, told)
    job.update(phase="rank", done=0, total=0)
    _conclude(folder, spec, dataset, folds, job)


def _fold_run(
    folder: Path, spec: SearchSpec, dataset: Dataset, held_out: list[Sample], number: int, job: JobWriter
) -> Run:
    """A trained run."""
    if spec.run:
        return Run(Workspace(Path(spec.workspace)).runs / spec.run)
    run = Run(folder / "folds" / str(number))
    if not (run.folder / "checkpoints" / "last").exists():
        run = make_fold(folder, spec, dataset, held_out, number)
    fit_run(run, job)
    return run


def _search_fold(run: Run, inner: Path, samples: list[Sample], dataset: Dataset, job: JobWriter) -> None:
    """Asks a run's model about these masks, and keeps what it says."""
    config = validate(run.spec["train"])
    grid = _grid(config)
    # The last weights: the best are chosen by the validation masks, which are asked about too.
    name = "last" if run.folder == inner else "best"
    model = load_model((run.folder / "checkpoints" / name).resolve())
    job.update(phase="predict", done=0, total=len(samples))
    prior = place_prior(_given_of_some(samples, grid, job), grid)
    found = EvidenceBuilder(grid)
    problems: list[str] = []
    for done, (loaded, probabilities) in enumerate(_predictions(model, samples, config, grid), start=1):
        if loaded.actual is None or probabilities is None:
            problems.append(loaded.problem or f"{sanitize_path(loaded.sample.image)} is gone")
        else:
            image = relative(loaded.sample.image, dataset.root)
            found.add(image, grid.of_mask(loaded.actual), probabilities, prior)
        job.progress(done, len(samples))
    if samples and len(problems) == len(samples):
        raise BddsegError(f"none of the {len(samples)} images can be read; the first: {problems[0]}")
    if problems:
        job.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    write_evidence(inner, found.evidence())
    if run.folder == inner:
        for left in ("checkpoints", "tensorboard"):
            shutil.rmtree(inner / left, ignore_errors=True)


def _grid(config: TrainConfig) -> Grid:
    """The model's own size, halved until no more cells are counted than an error of a label is made of."""
    height, width = config.image_size or _OWN_SIZE
    while height * width > _MOST_CELLS:
        height, width = max(1, height // 2), max(1, width // 2)
    return Grid(height, width)


def _given_of_some(samples: list[Sample], grid: Grid, job: JobWriter) -> Iterator[NDArray[np.uint8]]:
    """Masks evenly spread over the samples: where classes are is known from few."""
    for sample in samples[:: max(1, len(samples) // _PRIOR_MASKS)]:
        job.check_stop()
        with suppress(BadFileError):
            if sample.mask is not None:
                yield grid.of_mask(read_mask(sample.mask))


@torch.inference_mode()
def _predictions(
    model: nn.Module, samples: list[Sample], config: TrainConfig, grid: Grid
) -> Iterator[tuple[Loaded, NDArray[np.float32] | None]]:
    """Every sample with its probabilities, float32 [20, h, w] on the grid."""
    how, encoder = make_inference(config), encoder_name(model)
    model = model.to(how.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(how.precision)
    for group in groups(load_ahead(samples, how.size), how):
        images = [loaded.image for loaded in group if loaded.image is not None]
        found: Iterator[NDArray[np.float32]] = iter(())
        if images:
            batch = torch.from_numpy(np.stack(images)).to(how.device)
            with torch.autocast(how.device.type, dtype, enabled=dtype is not None):
                logits = augmented_logits(model, normalise(batch, encoder), "none")
            probabilities = F.adaptive_avg_pool2d(logits.float().softmax(dim=1), (grid.height, grid.width))
            found = iter(probabilities.cpu().numpy())
        for loaded in group:
            yield loaded, None if loaded.image is None else next(found)


def _conclude(folder: Path, spec: SearchSpec, dataset: Dataset, folds: int, job: JobWriter) -> None:
    evidence = [read_evidence(folder / "folds" / str(number)) for number in range(1, folds + 1)]
    ranked = rank(evidence)
    findings = find(evidence, ranked, spec.about, time.time())
    masks = {relative(s.image, dataset.root): s.mask for s in labelled_samples(dataset) if s.mask is not None}
    areas = suspect_areas(evidence, ranked, masks, SUSPECT, job.check_stop)
    write_suspects(folder / SUSPECTS, areas, spec.about)
    write_findings(folder, findings)
    catalog = Catalog(Workspace(Path(spec.workspace)).catalog_path(dataset.root), dataset.root)
    if catalog.progress()[0] == 0:
        scan(catalog, dataset, lambda done, total: None)
    catalog.forget_measures([MEASURE])
    catalog.record_measures((dataset.root / image.sample, {MEASURE: image.score}) for image in findings.images)
    job.event("finish", images=len(findings.images), areas=len(areas))


class _Told:
    """What a fold tells, as its job tells it: the phase with the fold's name, and of events the warnings alone."""

    def __init__(self, job: JobWriter, prefix: str) -> None:
        self._job = job
        self._prefix = prefix

    @property
    def stop_requested(self) -> bool:
        """Whether SIGTERM came."""
        return self._job.stop_requested

    def event(self, kind: Kind, **values: Any) -> None:
        """Appends an event where it warns."""
        if kind == "warning":
            self._job.event(kind, **values)

    def update(self, *, force: bool = False, **changes: Unpack[StatusChanges]) -> None:
        """Changes the status."""
        if "phase" in changes:
            changes["phase"] = self._prefix + changes["phase"]
        self._job.update(force=force, **changes)

    def progress(self, done: int, total: int) -> None:
        """Tells progress."""
        self._job.progress(done, total)

    def check_stop(self) -> None:
        """Raises StopRequestedError where SIGTERM came."""
        self._job.check_stop()

    def close(self) -> None:
        """The job goes on."""
