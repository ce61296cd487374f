"""Jobs and runs on a full disk: their end is told, and they can be deleted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.job import StatusFile, read_status
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import create_run
from bddseg_tui.core.runs.training_caches import cache_name
from bddseg_tui.core.workspace.workspace import Workspace
from tests.small_disk import mounted_disk


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that a test may fill."""
    with mounted_disk(tmp_path / "small", "2m") as disk:
        yield disk


def fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return


def test_the_end_of_a_job_is_told_on_a_full_disk(full_disk: Path) -> None:
    status = StatusFile(full_disk)
    status.update(state="running", phase="export", force=True)
    fill(full_disk)
    status.update(state="failed", message="the disk is full: make room")
    assert read_status(full_disk).state == "failed"
    assert "make room" in read_status(full_disk).message


def test_a_run_is_deleted_on_a_full_disk(full_disk: Path, drawn: Path) -> None:
    engine = Engine(Workspace(full_disk / "workspace"))
    run = create_run(engine.workspace, drawn, build_config(), "demo")
    (run.folder / "model.safetensors").write_bytes(bytes(400_000))
    engine.data.scan(engine.data.open(drawn), lambda done, total: None)
    fill(full_disk)
    assert engine.runs.delete(run) == ""
    assert engine.runs.list_runs() == []


def test_nothing_is_left_of_a_run_that_cannot_be_started(full_disk: Path, drawn: Path) -> None:
    engine = Engine(Workspace(full_disk / "workspace"))
    create_run(engine.workspace, drawn, build_config(), "demo")
    for split in ("train", "val"):
        (engine.workspace.cache / cache_name(drawn, split, build_config().train_size)).mkdir()
    fill(full_disk)
    with pytest.raises(BddsegError, match="the disk is full: make room"):
        engine.runs.train(drawn, build_config(), "demo")
    assert [r.name for r in engine.runs.list_runs()] == ["0001-demo"]
