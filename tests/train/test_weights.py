"""Weights of strangers, and checkpoints that are not what they should be: one line that names what is wrong."""

import io
import json
import os
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import segmentation_models_pytorch as smp
import torch
from safetensors.torch import load_file, save_file

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run
from bddseg_tui.train import checkpoint, weights_file
from bddseg_tui.train.checkpoint import load_model
from bddseg_tui.train.minimum_batch import minimum_micro_batch
from bddseg_tui.train.model import make_model
from bddseg_tui.train.setup import make_optimizer
from tests.train.in_process import trainer_of

SMALL = build_config("demo", ["encoder=mobilenet_v2", "height=32", "width=64"])
State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    encoder = smp.encoders.get_encoder("mobilenet_v2", weights=None)
    return {k: v.clone() for k, v in encoder.state_dict().items()}


def loaded(path: Path) -> torch.nn.Module:
    return make_model(SMALL.model_copy(update={"encoder_weights": str(path)}))


def refused(path: Path) -> str:
    with pytest.raises(BddsegError) as caught:
        loaded(path)
    line = str(caught.value)
    assert "\n" not in line and len(line) < 500 and path.name in line
    return line


@pytest.mark.parametrize(
    ("prefix", "wrapper"),
    [("encoder.", ""), ("module.encoder.", "state_dict"), ("model.encoder.", "model"), ("module.model.backbone.", "")],
)
def test_weights_are_found_under_what_training_programs_put_around_them(
    tmp_path: Path, state: State, prefix: str, wrapper: str
) -> None:
    named = {f"{prefix}{k}": v for k, v in state.items()}
    torch.save({wrapper: named, "epoch": 3} if wrapper else named, tmp_path / "w.pth")
    model = loaded(tmp_path / "w.pth")
    first = next(iter(state))
    assert torch.equal(model.get_submodule("encoder").state_dict()[first], state[first])


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda s: s.pop("features.0.0.weight"), "features.0.0.weight is missing"),
        (lambda s: s.pop("features.0.1.running_var"), "features.0.1.running_var is missing"),
        (lambda s: [s.pop(k) for k in list(s)[:5]], "features.0.0.weight, .* and [0-9]+ more are missing|are missing"),
        (lambda s: s["features.0.0.weight"].fill_(float("nan")), "features.0.0.weight is not finite"),
        (lambda s: s["features.0.1.bias"].fill_(float("inf")), "features.0.1.bias is not finite"),
        (lambda s: s.update({"features.0.0.weight": torch.zeros(32, 4, 3, 3)}), r"of shape \(32, 4, 3, 3\), not \(32"),
        (lambda s: s.update({"features.0.0.weight": torch.zeros(1).expand(10**9)}), r"of shape \(1000000000,\), not"),
        (lambda s: (s.clear(), s.update({"conv1.weight": torch.zeros(1)})), "names are such as conv1.weight"),
        (lambda s: s.clear(), "holds no weights"),
        (lambda s: s.update({"x": "text"}), "holds no weights"),
        (lambda s: s.update({7: torch.zeros(1)}), "holds no weights"),
        (
            lambda s: s.update({"features.0.0.weight": torch.zeros(32, 3, 3, 3).to_sparse()}),
            "features.0.0.weight is not finite",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named(
    tmp_path: Path, state: State, spoil: Callable[[State], object], expected: str
) -> None:
    import re

    spoiled = {k: v.clone() for k, v in state.items()}
    spoil(spoiled)
    torch.save(spoiled, tmp_path / "w.pth")
    assert re.search(expected, refused(tmp_path / "w.pth")), refused(tmp_path / "w.pth")


class Attack:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (os.fspath(self.target),)


def deep(depth: int) -> bytes:
    """A pickle of lists in lists in lists."""
    return b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."


def packed(size: int) -> bytes:
    """A .pth whose one tensor is packed a thousandfold."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", b"\x80\x02}.")
        archive.writestr("w/data/0", bytes(size))
    return sink.getvalue()


def header(text: bytes, length: int | None = None) -> bytes:
    """A .safetensors file with this header."""
    return struct.pack("<Q", len(text) if length is None else length) + text


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "code.pth": lambda target: pickle.dumps(Attack(target)),
    "deep.pth": lambda target: deep(200_000),
    "cut.pth": lambda target: b"PK\3\4" + b"\0" * 40,
    "text.pth": lambda target: b"no weights",
    "empty.pth": lambda target: b"",
    "number.pth": lambda target: pickle.dumps(7, 2),
    "packed.pth": lambda target: packed(1 << 22),
    "empty.safetensors": lambda target: b"",
    "long.safetensors": lambda target: header(b"{}", 1 << 62),
    "deep.safetensors": lambda target: header(b"[" * 100_000),
    "list.safetensors": lambda target: header(b"[1]"),
    "beyond.safetensors": lambda target: header(
        json.dumps({"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}).encode()
    ),
    "overlap.safetensors": lambda target: (
        header(json.dumps({n: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for n in "ab"}).encode())
        + b"\0" * 4
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_of_weights_is_one_line_and_runs_nothing(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_file, "LARGEST", 1 << 21)
    (tmp_path / name).write_bytes(HOSTILE[name](tmp_path / "owned"))
    line = refused(tmp_path / name)
    assert not (tmp_path / "owned").exists()
    assert ("no encoder is that large" in line) == (name == "packed.pth")


def test_a_pipe_a_folder_and_a_file_that_is_not_there_are_no_weights(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    (tmp_path / "folder.pth").mkdir()
    assert "no regular file" in refused(tmp_path / "pipe.pth")
    assert "is a folder" in refused(tmp_path / "folder.pth")
    assert "does not exist" in refused(tmp_path / "gone.safetensors")


def test_an_encoder_of_timm_that_does_not_exist_is_no_question_of_the_cache() -> None:
    with pytest.raises(BddsegError, match=r"timm has no encoder 'tu-resnet43'.*did you mean"):
        make_model(SMALL.model_copy(update={"encoder": "tu-resnet43", "encoder_weights": "imagenet"}))


def test_an_encoder_that_no_u_net_can_be_made_of_is_one_line() -> None:
    with pytest.raises(BddsegError, match="no U-Net can be made of the encoder 'tu-vit_tiny_patch16_224'") as caught:
        make_model(SMALL.model_copy(update={"encoder": "tu-vit_tiny_patch16_224"}))
    assert "\n" not in str(caught.value)


def test_an_encoder_that_takes_one_size_alone_says_so() -> None:
    class Picky(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            assert images.shape[-1] == 224, "Input width (64) doesn't match model (224)."
            return images

    with pytest.raises(BddsegError, match=r"takes no images of 32x64: Input width \(64\) doesn't match model \(224\)"):
        minimum_micro_batch(Picky(), (32, 64))


@pytest.fixture
def best(untrained: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untrained.folder / "checkpoints/best", tmp_path / "best"))


def spoilt(folder: Path, spoil: Callable[[State], object]) -> None:
    path = folder / "model.safetensors"
    weights = load_file(path)
    spoil(weights)
    save_file(weights, path)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda s: s.pop("segmentation_head.0.bias"), "segmentation_head.0.bias is missing"),
        (lambda s: s.update({"extra.weight": torch.zeros(2)}), "extra.weight is unexpected"),
        (lambda s: s["segmentation_head.0.bias"].fill_(float("nan")), "segmentation_head.0.bias is not finite"),
        (lambda s: s.update({"segmentation_head.0.bias": torch.zeros(19)}), r"bias is of shape \(19,\), not \(20,\)"),
    ],
)
def test_a_checkpoint_whose_weights_are_others_is_named_by_prediction_and_resume(
    best: Path, spoil: Callable[[State], object], expected: str
) -> None:
    spoilt(best, spoil)
    with pytest.raises(BddsegError, match=f"best is damaged: in model.safetensors .*{expected}"):
        load_model(best)
    model = make_model(SMALL)
    with pytest.raises(BddsegError, match=f"best is damaged: in model.safetensors .*{expected}"):
        checkpoint.load(best, model, make_optimizer(model, SMALL))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (b"{}", "missing|unexpected|shape"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "should be a valid dictionary"),
        (b'{"encoder_name": "../x"}', "cannot be loaded"),
        (b'{"encoder_name": 1e999}', "cannot be loaded"),
        (b'{"_model_class": "Fancy"}', "another network"),
        (b'{"encoder_name": "mobilenet_v2", "classes": 20, "surprise": 1}', "no Unet has: surprise"),
    ],
)
def test_a_checkpoint_whose_configuration_makes_no_sense_is_one_line(best: Path, config: bytes, expected: str) -> None:
    (best / "config.json").write_bytes(config)
    with pytest.raises(BddsegError, match=expected) as caught:
        load_model(best)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_a_checkpoint_that_is_gone_asks_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", fetch)
    with pytest.raises(BddsegError, match="cannot be loaded"):
        load_model(tmp_path / "gone")


def test_weights_that_are_no_numbers_are_never_saved(untrained: Run, tmp_path: Path) -> None:
    from bddseg_tui.train.fit import save

    model = make_model(SMALL)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    trainer = trainer_of(SMALL, model, tmp_path)
    trainer.progress = checkpoint.Progress(step=4)
    with pytest.raises(BddsegError, match=r"at step 4 .* since weights are not finite any more, such as encoder"):
        save(trainer, "last")
    assert list(tmp_path.iterdir()) == []
