"""Predictions of a few validation images by epoch: which epochs stay, and what is read of a run's folder."""

from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.report.learning import learned_pictures, shown_epochs
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.runs.samples import MOST_EPOCHS, read_samples, superfluous
from bddseg_tui.core.workspace.workspace import Workspace
from tests.sampled_run import sampled_run


@pytest.fixture
def sampled(workspace: Workspace, drawn: Path) -> Run:
    """A run that has kept predictions of one image after three epochs, the third of which is damaged."""
    run = sampled_run(workspace, drawn, 3)
    (run.folder / "samples" / "epoch-0003" / "epoch.json").write_text('{"step": -1}')
    return run


def test_of_a_long_run_the_epochs_that_stay_are_few_and_evenly_spread() -> None:
    kept: set[int] = set()
    for epoch in range(1, 1001):
        kept.add(epoch)
        best = max(1, epoch - epoch % 77)
        kept -= set(superfluous(kept, best))
        assert len(kept) <= MOST_EPOCHS + 2 and {1, epoch, best} & kept == {1, epoch} | ({best} & kept)
    assert sorted(kept)[:4] == [1, 33, 65, 97] and 1000 in kept


def test_an_epoch_whose_record_makes_no_sense_is_left_out(engine: Engine, sampled: Run) -> None:
    samples = engine.runs.samples(sampled)
    assert [(e.epoch, e.step, e.accuracy) for e in samples.epochs] == [(1, 4, {1: 0.125}), (2, 8, {1: 0.25})]
    assert samples.images[0].image.is_file() and samples.images[0].shares[:3] == (62.5, 37.5, 0)


def test_a_run_is_written_as_pictures_and_as_one_that_moves(engine: Engine, sampled: Run, tmp_path: Path) -> None:
    files = engine.runs.write_samples(sampled, tmp_path / "learned")
    assert [f.name for f in files] == ["1.gif", "1-epoch-0001.png", "1-epoch-0002.png"]
    with Image.open(files[0]) as moving:
        assert getattr(moving, "n_frames", 1) == 2


def test_a_report_shows_each_image_in_several_epochs_and_leaves_out_one_that_is_gone(
    workspace: Workspace, drawn: Path
) -> None:
    run = sampled_run(workspace, drawn, 9, images=2)
    samples = read_samples(run)
    assert [e.epoch for e in shown_epochs(samples)] == [1, 4, 6, 9]
    samples.epochs[3].prediction(2).unlink()
    (picture,) = learned_pictures(samples)
    assert picture.name == samples.images[0].name and picture.accuracy == (0.125, 0.5, 0.75, 1)


def test_pictures_of_a_persons_own_are_not_replaced(engine: Engine, sampled: Run, tmp_path: Path) -> None:
    (tmp_path / "1.gif").write_text("mine")
    with pytest.raises(BddsegError, match=r"1\.gif"):
        engine.runs.write_samples(sampled, tmp_path)
    assert (tmp_path / "1.gif").read_text() == "mine"
