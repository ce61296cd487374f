"""Runs that need no training."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train import cache as caching
from bddseg_tui.train import checkpoint
from bddseg_tui.train.cache import resize_sample
from bddseg_tui.train.checkpoint import Progress
from bddseg_tui.train.model import make_model
from bddseg_tui.train.setup import make_optimizer
from tests.train.in_process import small_config


@pytest.fixture(scope="session")
def untrained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the drawn dataset with two untrained checkpoints, best and last."""
    workspace = Workspace(tmp_path_factory.mktemp("untrained"))
    config = small_config()
    made = create_run(workspace, drawn, config, "demo")
    for name, seed in (("best", 1), ("last", 2)):
        model = make_model(config.model_copy(update={"seed": seed}))
        where = made.folder / "checkpoints"
        checkpoint.save(where, model, make_optimizer(model, config), Progress(step=seed), (name,))
    return made


@pytest.fixture
def copied(untrained: Run, dataset: Path, workspace: Workspace) -> Run:
    """A copy of that run in the test's own workspace, of a dataset that may be spoilt."""
    folder = workspace.root / "runs" / untrained.name
    shutil.copytree(untrained.folder, folder, symlinks=True)
    text = (folder / "config.toml").read_text()
    for old, new in ((untrained.spec["dataset"], dataset), (untrained.spec["workspace"], workspace.root)):
        text = text.replace(old, os.fspath(new))
    (folder / "config.toml").write_text(text)
    return Run(folder)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the images that are decoded."""
    names: list[str] = []
    real = resize_sample

    def noted(sample: Sample, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        names.append(sample.image.name)
        return real(sample, size)

    monkeypatch.setattr(caching, "resize_sample", noted)
    return names


@pytest.fixture
def run(untrained: Run) -> Run:
    return untrained


@pytest.fixture
def photos(drawn: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for image, name in zip(sorted((drawn / "images/10k/train").iterdir()), "abc", strict=False):
        shutil.copy(image, folder / f"{name}.jpg")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"
