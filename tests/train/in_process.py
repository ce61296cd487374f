"""The work of jobs in this process: what a job does, without the seconds that a process needs to load PyTorch.

What a process adds (its start, its signals, its log, its death) is the matter of `test_runs.py` and
`test_predict_export_jobs.py`.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import nn

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.job_writer import FolderWriter, NullWriter
from bddseg_tui.core.runs.config import TrainConfig, build_config
from bddseg_tui.core.runs.evaluation import evaluation_folder
from bddseg_tui.core.runs.export_kinds import ExportKind
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.tta import Tta
from bddseg_tui.train.checkpoint import Progress
from bddseg_tui.train.device_data import SplitData
from bddseg_tui.train.evaluate import evaluate_run
from bddseg_tui.train.export import export_run
from bddseg_tui.train.fit import fit_run
from bddseg_tui.train.losses import make_loss
from bddseg_tui.train.predict import predict_run
from bddseg_tui.train.trainer import Trainer


def small_config(*assignments: str) -> TrainConfig:
    """A small U-Net for one epoch of three steps, on the CPU in float32.

    Accelerate keeps one precision for a process's life, and tests share theirs.
    """
    size = ["encoder=mobilenet_v2", "height=32", "width=64", "batch_size=4", "epochs=1"]
    return build_config("demo", [*size, "device=cpu", "precision=fp32", "threads=1", *assignments])


@contextmanager
def job(folder: Path) -> Iterator[FolderWriter]:
    """The writer of a job that works in this process, whose signals are as before afterwards."""
    handlers = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGHUP)}
    writer = FolderWriter(folder)
    try:
        yield writer
    finally:
        writer.update(force=True, state="finished")
        writer.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def trainer_of(config: TrainConfig, model: nn.Module, folder: Path) -> Trainer:
    """A trainer of steps on the CPU, by plain gradient descent; its data are 10 black images."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.param_groups[0]["peak"] = 0.1
    pixels = torch.zeros(10, 3, 32, 64, dtype=torch.uint8)
    return Trainer(
        config=config,
        folder=folder,
        job=NullWriter(),
        accelerator=Accelerator(cpu=True),
        model=model,
        bare_model=model,
        optimizer=optimizer,
        loss=make_loss(config, np.ones(20, np.int64), torch.device("cpu")),
        train=SplitData((pixels,), (pixels[:, 0],), np.zeros(10, int), np.arange(10), on_device=False),
        val=None,
        progress=Progress(),
        batch_size=1,
        saved_at=0.0,
        ema=None,
        labels=None,
        crop_weights=None,
        repeat_factors=None,
        tensorboard=None,
    )


def fit(engine: Engine, dataset: Path, config: TrainConfig) -> Run:
    """A run that is trained to its end."""
    run = engine.runs.create(dataset, config, "demo")
    with job(run.folder) as writer:
        fit_run(run, writer)
    return run


def evaluate(run: Run, split: str = "val", tta: Tta = "none") -> Path:
    """Evaluates the best checkpoint; returns the evaluation's folder."""
    folder = evaluation_folder(run.folder, "best", split, tta)
    with job(folder) as writer:
        evaluate_run(run, "best", split, writer, tta)
    return folder


def predict(run: Run, source: Path | str, to: Path, which: str = "best") -> None:
    """Predicts into the folder `to`; the job's own is `job` beside it."""
    with job(to.parent / "job") as writer:
        predict_run(run, which, os.fspath(source), to, writer)


def export_to(run: Run, kind: ExportKind, to: Path) -> Path:
    """Exports into the folder `to`; returns the job's own, `export-job` beside it."""
    folder = to.parent / "export-job"
    with job(folder) as writer:
        export_run(run, "best", kind, to, writer)
    return folder
