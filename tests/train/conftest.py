"""A run that needs no training, and jobs in this process."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bddseg_tui.core.jobs.job_writer import FolderWriter
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train import checkpoint
from bddseg_tui.train.checkpoint import Progress
from bddseg_tui.train.model import make_model
from bddseg_tui.train.setup import make_optimizer


@pytest.fixture(scope="session")
def untrained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the drawn dataset with two untrained checkpoints, best and last."""
    workspace = Workspace(tmp_path_factory.mktemp("untrained"))
    # Accelerate keeps one precision for a process's life, and tests share theirs.
    plain = ["device=cpu", "precision=fp32", "threads=1"]
    config = build_config("demo", ["encoder=mobilenet_v2", "height=32", "width=64", "batch_size=4", *plain])
    made = create_run(workspace, drawn, config, "demo")
    for name, seed in (("best", 1), ("last", 2)):
        model = make_model(config.model_copy(update={"seed": seed}))
        where = made.folder / "checkpoints"
        checkpoint.save(where, model, make_optimizer(model, config), Progress(step=seed), (name,))
    return made


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
