"""What keeps a step within memory: gradient checkpointing, the batch size that is found, pixels on the device."""

import copy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from torch import nn

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.config import TrainConfig, build_config
from bddseg_tui.train import batch_size
from bddseg_tui.train.batch_size import activation_bytes, find_batch_size, halve_until_it_fits
from bddseg_tui.train.batches import batches, in_batches
from bddseg_tui.train.cache import open_cache
from bddseg_tui.train.device_data import SplitData, load_split, to_device
from bddseg_tui.train.gradient_checkpointing import enable_gradient_checkpointing
from bddseg_tui.train.losses import make_loss
from bddseg_tui.train.minimum_batch import SINGLE_VALUE, check_micro_batches, minimum_micro_batch
from bddseg_tui.train.model import forward, make_model
from tests.train.in_process import fit, small_config

CPU = torch.device("cpu")
ENCODERS = ("resnet18", "tu-tf_efficientnet_lite0", "tu-convnext_atto")


def config(*assignments: str) -> TrainConfig:
    small = ["encoder=mobilenet_v2", "encoder_weights=none", "height=64", "width=96", "precision=fp32"]
    return build_config("demo", [*small, *assignments])


def step(model: nn.Module) -> torch.Tensor:
    torch.manual_seed(1)
    images, masks = torch.randn(2, 3, 64, 96), torch.randint(0, 20, (2, 64, 96))
    loss = F.cross_entropy(model(images), masks)
    loss.backward()
    return loss.detach()


@pytest.mark.parametrize("encoder", ENCODERS)
def test_gradient_checkpointing_changes_neither_gradients_nor_statistics(encoder: str) -> None:
    plain = make_model(config(f"encoder={encoder}")).train()
    again = copy.deepcopy(plain)
    assert enable_gradient_checkpointing(again) > 8
    torch.testing.assert_close(step(plain), step(again), rtol=0, atol=0)
    for (name, a), b in zip(plain.named_parameters(), again.parameters(), strict=True):
        assert (a.grad is None) == (b.grad is None), name
        if a.grad is not None and b.grad is not None:
            torch.testing.assert_close(a.grad, b.grad, msg=name)
    for (name, c), d in zip(plain.named_buffers(), again.buffers(), strict=True):
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(c, d, msg=name)


def test_gradient_checkpointing_keeps_less_than_two_thirds() -> None:
    settings = config("height=96", "width=160")
    model = make_model(settings).train()
    loss = make_loss(settings, np.ones(20, np.int64), CPU)
    plain = activation_bytes(model, loss, settings, CPU)
    enable_gradient_checkpointing(model)
    assert activation_bytes(model, loss, settings, CPU) < plain * 2 / 3


def test_activations_grow_with_the_image_and_not_with_how_parts_are_accumulated() -> None:
    def counted(*assignments: str) -> int:
        settings = config(*assignments)
        loss = make_loss(settings, np.ones(20, np.int64), CPU)
        return activation_bytes(make_model(settings).train(), loss, settings, CPU)

    small = counted("height=96", "width=160")
    assert 3.5 < counted("height=192", "width=320") / small < 4.5
    assert counted("height=96", "width=160", "accumulate=2") == pytest.approx(small / 2, rel=0.1)


@pytest.mark.parametrize(("free_images", "images", "found"), [(1e9, 1000, 64), (1e9, 10, 8), (21, 1000, 16), (0, 9, 1)])
def test_the_batch_is_the_largest_power_of_two_that_memory_and_images_allow(
    monkeypatch: pytest.MonkeyPatch, free_images: float, images: int, found: int
) -> None:
    settings = config("batch_size=0")
    model = make_model(settings)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    loss = make_loss(settings, np.ones(20, np.int64), CPU)
    an_image = activation_bytes(copy.deepcopy(model).train(), loss, settings, CPU)
    free = SimpleNamespace(available=int(free_images * an_image / batch_size.SHARE) + 1)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert find_batch_size(model, loss, settings, Accelerator(cpu=True), images) == found
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0, msg=name)


def test_where_a_gpu_runs_out_of_memory_the_batch_is_halved_until_it_fits() -> None:
    tried: list[int] = []

    def loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        tried.append(len(masks))
        if len(masks) > 20:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return logits.mean()

    model = nn.Conv2d(3, 20, 1)
    assert halve_until_it_fits(model, loss, config(), CPU, 64) == 16
    assert tried == [64, 32, 16, 16]


def test_a_run_that_finds_its_batch_size_keeps_it_when_resumed(engine: Engine, drawn: Path) -> None:
    run = fit(engine, drawn, small_config("batch_size=0"))
    start = read_events(run.events)[0]
    assert start["kind"] == "start" and start["batch_size"] == 8
    assert start["steps_an_epoch"] == start["train_images"] // 8
    state = (run.folder / "checkpoints/last/state.json").read_text()
    assert '"batch_size": 8' in state


def test_pixels_on_the_device_come_in_the_same_batches(drawn: Path, tmp_path: Path) -> None:
    split = open_cache(open_dataset(drawn), "train", (32, 64), tmp_path)
    mapped = load_split(split, CPU)
    assert not mapped.on_device
    kept = to_device(mapped, CPU)
    assert isinstance(kept, SplitData) and kept.on_device
    groups = in_batches(np.random.default_rng(0).permutation(len(split)), 5)
    for rank in range(2):
        pairs = zip(batches(mapped, groups, CPU, rank, 2), batches(kept, groups, CPU, rank, 2), strict=True)
        for (a, b), (c, d) in pairs:
            assert torch.equal(a, c) and torch.equal(b, d)


@pytest.mark.parametrize(
    ("encoder", "size", "expected"),
    [
        ("mobilenet_v2", (32, 32), 2),
        ("mobilenet_v2", (33, 32), 1),
        ("mit_b0", (32, 32), 1),
        ("tu-resnest14d", (64, 96), 2),
    ],
)
def test_how_few_images_batch_normalisation_takes_is_what_torch_takes(
    encoder: str, size: tuple[int, int], expected: int
) -> None:
    model = make_model(config(f"encoder={encoder}")).train()
    assert minimum_micro_batch(model, size) == expected
    images = torch.rand(1, 3, *size)
    if expected == 1:
        assert forward(model, images).shape == (1, 20, *size)
    else:
        with pytest.raises(ValueError, match=SINGLE_VALUE):
            forward(model, images)


@pytest.mark.parametrize(
    ("settings", "images", "processes", "advice"),
    [
        (["batch_size=1"], 1, 1, "set batch_size=2, or height=64 and width=64"),
        (["batch_size=4", "accumulate=4"], 4, 1, "set accumulate=2, or height=64"),
        (["batch_size=4", "accumulate=2"], 3, 1, "set accumulate=1, or height=64"),
        (["batch_size=4"], 1, 1, "another train_limit or add training images, or height=64"),
        (["batch_size=1"], 1, 2, "cannot be shared by 2 processes: set batch_size=2 or more"),
    ],
)
def test_a_step_that_batch_normalisation_cannot_take_is_refused_with_the_settings_to_change(
    settings: list[str], images: int, processes: int, advice: str
) -> None:
    chosen = config("height=32", "width=32", *settings)
    with pytest.raises(BddsegError, match=advice):
        check_micro_batches(make_model(chosen), chosen, images, processes)
    larger = chosen.model_copy(update={"height": 64})
    if processes == 1:
        assert check_micro_batches(make_model(larger), larger, images, processes) == 1


def test_the_batch_size_that_is_found_is_one_that_batch_normalisation_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config("batch_size=0", "height=32", "width=32")
    model, loss = make_model(settings), make_loss(settings, np.ones(20, np.int64), CPU)
    smallest = check_micro_batches(model, settings, 9, 1)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1))
    assert find_batch_size(model, loss, settings, Accelerator(cpu=True), 9, smallest) == 2


def test_a_gpu_on_which_no_batch_fits_is_one_line() -> None:
    def loss(*_: object) -> torch.Tensor:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    with pytest.raises(BddsegError, match="out of memory with a batch of 2 at 64x96"):
        halve_until_it_fits(nn.Conv2d(3, 20, 1), loss, config(), CPU, 8, 2)
