"""Every architecture trains, is saved, goes on, and is exported, as the U-Net does."""

from pathlib import Path

import pytest
import torch
from torch import nn

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.architectures import ARCHITECTURES, CLASSES, Architecture
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.encoders import find_encoder
from bddseg_tui.core.runs.settings_table import settings_table
from bddseg_tui.train import checkpoint
from bddseg_tui.train.checkpoint import Progress, load_model
from bddseg_tui.train.encoders import count
from bddseg_tui.train.export_model import ExportedModel, scripted
from bddseg_tui.train.fit import train_step
from bddseg_tui.train.model import forward, make_model
from bddseg_tui.train.normalise import IMAGENET
from bddseg_tui.train.setup import make_optimizer
from tests.train.in_process import fit, small_config, trainer_of

VIT = "tu-vit_tiny_patch16_224"


def settings(architecture: str) -> list[str]:
    side = 128 if architecture == "pan" else 64
    encoder = VIT if architecture == "dpt" else "mobilenet_v2"
    return [f"architecture={architecture}", f"encoder={encoder}", f"height={side}", f"width={side}"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_architecture_trains_goes_on_and_is_exported_at_any_size(tmp_path: Path, architecture: Architecture) -> None:
    config = build_config("demo", [*settings(architecture), "device=cpu", "precision=fp32", "dice=0.5"])
    model = make_model(config)
    trainer = trainer_of(config, model, tmp_path)
    trainer.optimizer = make_optimizer(model, config)
    height, width = config.train_size
    images = torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8)
    masks = torch.randint(0, 20, (2, height, width), dtype=torch.uint8)
    model.train()
    assert train_step(trainer, images, masks).loss.isfinite()
    checkpoint.save(tmp_path / "made", model, trainer.optimizer, Progress(step=1), ("last",))
    other = make_model(config.model_copy(update={"seed": 1}))
    assert checkpoint.load(tmp_path / "made/last", other, make_optimizer(other, config)).step == 1
    loaded, odd = load_model(tmp_path / "made/last"), torch.rand(1, 3, height + 45, width + 77)
    assert type(loaded).__name__ == CLASSES[architecture]
    with torch.inference_mode():
        expected = forward(model.eval(), odd)
        assert expected.shape == (1, 20, height + 45, width + 77)
        torch.testing.assert_close(forward(loaded, odd), expected)
        torch.testing.assert_close(forward(other.eval(), odd), expected)
        exported = scripted(loaded, IMAGENET, config.train_size)
        images = torch.rand(3, 3, height - 3, width - 5)
        torch.testing.assert_close(exported(images), ExportedModel(loaded, IMAGENET)(images), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("architecture", ["fpn", "segformer"])
def test_a_run_of_another_architecture_is_trained_resumed_and_evaluated(
    engine: Engine, drawn: Path, architecture: str
) -> None:
    run = fit(engine, drawn, small_config(f"architecture={architecture}", "freeze_encoder=true"))
    assert run.checkpoints() == ["best", "last"]
    start = make_model(small_config(f"architecture={architecture}"))
    encoder = load_model(run.folder / "checkpoints/last").encoder
    assert isinstance(encoder, nn.Module) and isinstance(start.encoder, nn.Module)
    for (name, now), before in zip(encoder.state_dict().items(), start.encoder.state_dict().values(), strict=True):
        assert torch.equal(now, before), name


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["architecture=dpt", "encoder=resnet18"], "no DPT can be made of the encoder 'resnet18'"),
        (["architecture=pan", "encoder=resnet18"], "PAN takes images from 128x128 pixels on, not 96x160"),
        (["architecture=linknet", "encoder=mit_b0"], "no LinkNet can be made of the encoder 'mit_b0'"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_line_that_says_why(words: list[str], why: str) -> None:
    with pytest.raises(BddsegError, match=why):
        make_model(build_config("demo", words))


def test_the_form_offers_the_architectures_and_the_table_has_their_costs() -> None:
    (setting,) = (s for s in settings_table() if s.name == "architecture")
    assert setting.choices == ARCHITECTURES
    for architecture in ARCHITECTURES[1:-1]:
        found = find_encoder("resnet34", architecture)
        assert found and found.weights == ("imagenet",)
    assert count("resnet18", "fpn") == find_encoder("resnet18", "fpn")
    assert find_encoder(VIT, "dpt") and not find_encoder(VIT)
    assert find_encoder("resnet34", "nothing") is None
