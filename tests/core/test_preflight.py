"""What ends a training at once is refused before there is a run."""

import shutil
from pathlib import Path

import pytest

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.preflight import check_training
from bddseg_tui.core.runs.training_caches import cache_name


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("encoder_weights=imagenett", r"resnet34 has no weights 'imagenett' \(did you mean 'imagenet'\?\)"),
        ("encoder_weights=ssl", "choose imagenet, none"),
        ("encoder_weights=/nowhere/w.pth", r"/nowhere/w\.pth cannot be read as weights"),
        ("encoder_weights=broken.safetensors", r"broken\.safetensors is no safetensors file"),
    ],
)
def test_weights_that_cannot_be_had_are_refused_before_the_run_is_made(
    engine: Engine, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(UsageError, match=said):
        engine.runs.train(drawn, build_config("cross-entropy", [setting]), "cross-entropy")
    assert engine.runs.list_runs() == []


def test_weights_of_timm_are_looked_up_too(engine: Engine, drawn: Path) -> None:
    settings = ["encoder=tu-resnet18", "encoder_weights=imagnet"]
    with pytest.raises(UsageError, match="did you mean 'imagenet'"):
        engine.runs.train(drawn, build_config("demo", settings), "demo")
    assert engine.runs.list_runs() == []


def test_a_tag_that_no_weights_have_is_refused_with_those_there_are(engine: Engine, drawn: Path) -> None:
    settings = ["encoder=tu-resnet34.ra4_e3600_r224", "encoder_weights=none"]
    with pytest.raises(UsageError, match=r"did you mean 'tu-resnet34\.ra4_e3600_r224_in1k'.*there are a1_in1k"):
        engine.runs.train(drawn, build_config("demo", settings), "demo")
    assert engine.runs.list_runs() == []


def test_a_teacher_that_is_not_there_is_refused(engine: Engine, drawn: Path) -> None:
    with pytest.raises(UsageError, match="the teacher '0001-large' is no run with a checkpoint"):
        engine.runs.train(drawn, build_config("demo", ["teacher=0001-large"]), "demo")
    assert engine.runs.list_runs() == []


@pytest.mark.slow
def test_an_encoder_that_torch_does_not_know_is_refused_before_the_run_is_made(engine: Engine, drawn: Path) -> None:
    with pytest.raises(UsageError, match=r"no encoder 'tu-resnet1888' \(did you mean 'tu-resnet"):
        engine.runs.train(drawn, build_config("demo", ["encoder=tu-resnet1888", "encoder_weights=none"]), "demo")
    assert engine.runs.list_runs() == []


def test_a_train_split_of_which_no_image_has_a_mask_is_refused(engine: Engine, dataset: Path) -> None:
    shutil.rmtree(dataset / "labels/sem_seg/masks/train")
    (dataset / "labels/sem_seg/masks/train").mkdir()
    with pytest.raises(BddsegError, match="no labelled train split"):
        engine.runs.train(dataset, build_config("demo"), "demo")
    assert engine.runs.list_runs() == []


def test_a_cache_that_cannot_fit_is_refused(engine: Engine, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(drawn)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(BddsegError, match=r"18 images at .* GB left: make room"):
        engine.runs.train(drawn, build_config("demo"), "demo")
    assert engine.runs.list_runs() == []


def test_a_cache_that_is_there_needs_no_more_room(engine: Engine, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = build_config("demo")
    (engine.workspace.cache / cache_name(drawn, "train", config.train_size)).mkdir()
    usage = shutil.disk_usage(drawn)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(BddsegError, match="the cache of 6 images"):
        check_training(engine.workspace, open_dataset(drawn), config)
    (engine.workspace.cache / cache_name(drawn, "val", config.train_size)).mkdir()
    check_training(engine.workspace, open_dataset(drawn), config)
