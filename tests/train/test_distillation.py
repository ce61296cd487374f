"""Distillation: the loss against its formula, however a step is divided, and a run that learns from another."""

from pathlib import Path

import pytest
import torch
from torch import nn

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.train.distillation import Teacher, load_teacher
from bddseg_tui.train.fit import train_step
from bddseg_tui.train.losses import IGNORE_INDEX
from tests.train.in_process import fit, small_config, trainer_of

STILL = ["device=cpu", "precision=fp32", "gradient_clip=0", "warmup_steps=0"]


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Conv2d(3, 20, 3, padding=1)


def images_and_masks() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    masks = torch.randint(0, 20, (4, 32, 64), generator=random).to(torch.uint8)
    masks[0, :20], masks[3] = IGNORE_INDEX, IGNORE_INDEX
    return torch.randint(0, 256, (4, 3, 32, 64), generator=random).to(torch.uint8), masks


def test_the_loss_is_hintons_over_the_counted_pixels() -> None:
    torch.manual_seed(0)
    logits, taught = torch.randn(2, 20, 4, 5, dtype=torch.float64), torch.randn(2, 20, 4, 5, dtype=torch.float64)
    mask = torch.zeros(2, 4, 5, dtype=torch.uint8)
    mask[0, 1:] = IGNORE_INDEX
    p, q = (taught / 3).softmax(1), (logits / 3).softmax(1)
    by_pixel = (p * (p.log() - q.log())).sum(1)[mask != IGNORE_INDEX]
    found = Teacher(network(0), "resnet34", 0.5, 3.0).loss_sum(logits, taught, mask)
    assert found.item() == pytest.approx(0.5 * 9 * by_pixel.sum().item())
    assert Teacher(network(0), "resnet34", 0.5, 3.0).loss_sum(taught, taught, mask).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("settings", [[], ["dice=1"]])
def test_a_taught_step_is_the_same_in_parts(tmp_path: Path, settings: list[str]) -> None:
    moved, losses = [], []
    for accumulate in (1, 3):
        model = network(1)
        trainer = trainer_of(build_config(None, [*STILL, *settings, f"accumulate={accumulate}"]), model, tmp_path)
        trainer.teacher = Teacher(network(2), "resnet34", 2.0, 2.0)
        losses.append(train_step(trainer, *images_and_masks()).loss.item())
        moved.append(model.get_parameter("weight").detach())
    alone = network(1)
    plain = train_step(trainer_of(build_config(None, [*STILL, *settings]), alone, tmp_path), *images_and_masks())
    assert losses[0] == pytest.approx(losses[1]) and losses[0] > plain.loss.item() + 0.01
    torch.testing.assert_close(moved[0], moved[1])
    assert not torch.allclose(moved[0], alone.get_parameter("weight"))


def test_a_run_learns_from_another_of_the_workspace(engine: Engine, drawn: Path) -> None:
    teacher = fit(engine, drawn, small_config())
    run = fit(engine, drawn, small_config(f"teacher={teacher.name}", "encoder=resnet18", "distillation=1"))
    plain = fit(engine, drawn, small_config("encoder=resnet18"))
    first, without = ([e for e in read_events(r.events) if e["kind"] == "step"] for r in (run, plain))
    assert (first[0]["loss"] or 0) > (without[0]["loss"] or 0)
    with pytest.raises(BddsegError, match="has no checkpoint"):
        load_teacher(small_config("teacher=0099-nobody"), run.folder.parent, torch.device("cpu"))
