"""The parts of training that need no job: schedule, order, augmentation, cache, model, checkpoints."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from torchvision.transforms.v2 import functional as TF

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import TrainConfig, build_config
from bddseg_tui.train import checkpoint
from bddseg_tui.train.augment import augment
from bddseg_tui.train.batches import batches, epoch_order, in_batches
from bddseg_tui.train.cache import open_cache
from bddseg_tui.train.checkpoint import Progress
from bddseg_tui.train.crops import rare_pixels
from bddseg_tui.train.device_data import load_split
from bddseg_tui.train.draws import draw_augmentations
from bddseg_tui.train.losses import IGNORE_INDEX
from bddseg_tui.train.model import forward, make_model
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.schedule import lr_factor
from bddseg_tui.train.setup import make_optimizer

SMALL = build_config("demo", ["encoder=mobilenet_v2", "height=32", "width=64"])


@pytest.mark.parametrize("kind", ["cosine", "poly"])
def test_the_learning_rate_rises_then_falls_to_nothing(kind: str) -> None:
    factors = [lr_factor(s, 100, 10, kind) for s in range(101)]
    assert factors[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert all(a >= b for a, b in itertools.pairwise(factors[10:]))
    assert factors[100] == pytest.approx(0.0, abs=1e-9)


def test_a_warm_up_never_takes_over_a_short_run() -> None:
    assert max(lr_factor(s, 10, 1000, "cosine") for s in range(10)) == 1.0


def test_the_order_of_an_epoch_depends_on_seed_and_epoch_alone() -> None:
    assert np.array_equal(epoch_order(50, 8, 3, 2), epoch_order(50, 8, 3, 2))
    assert not np.array_equal(epoch_order(50, 8, 3, 2), epoch_order(50, 8, 3, 3))
    assert len(epoch_order(50, 8, 0, 0)) == 48
    assert sorted(epoch_order(5, 8, 0, 0)) == list(range(5))


def test_augmentation_keeps_shapes_dtypes_and_classes() -> None:
    images = torch.randint(0, 256, (4, 3, 40, 64), dtype=torch.uint8)
    masks = torch.randint(0, 20, (4, 40, 64), dtype=torch.uint8)
    config = SMALL.model_copy(update={"scale_min": 0.5, "scale_max": 2.0})
    out, out_masks = augment(images, masks, config, draw_augmentations(4, (0,)))
    assert (out.shape, out.dtype) == (images.shape, torch.uint8)
    assert (out_masks.shape, out_masks.dtype) == (masks.shape, torch.uint8)
    assert set(out_masks.unique().tolist()) <= {*range(20), IGNORE_INDEX}


def test_image_and_mask_move_together() -> None:
    masks = torch.zeros(8, 40, 64, dtype=torch.uint8)
    masks[:, :, 40:] = 10
    images = (masks * 20)[:, None].expand(-1, 3, -1, -1).contiguous()
    config = SMALL.model_copy(update={"color_jitter": 0.0, "scale_min": 0.6, "scale_max": 1.8})
    out, out_masks = augment(images, masks, config, draw_augmentations(8, (1,)))
    inside = out_masks != IGNORE_INDEX
    agree = ((out[:, 0] > 100) == (out_masks == 10))[inside]
    assert agree.float().mean() > 0.95
    assert not torch.equal(out_masks, masks)


def test_an_image_is_augmented_alike_however_many_processes_share_the_batch() -> None:
    images = torch.randint(0, 256, (6, 3, 40, 64), dtype=torch.uint8)
    masks = torch.randint(0, 20, (6, 40, 64), dtype=torch.uint8)
    config = SMALL.model_copy(update={"rare_crops": 0.5})

    def augmented(rank: int, world: int) -> tuple[torch.Tensor, torch.Tensor]:
        own = masks[rank::world]
        draws = draw_augmentations(len(own), (5, 1, 3), rank, world)
        return augment(
            images[rank::world], own, config, draws, rare_pixels(list(own.numpy()), draws, 0.5, torch.arange(20.0))
        )

    whole = augmented(0, 1)
    for rank in range(2):
        part = augmented(rank, 2)
        assert torch.equal(part[0], whole[0][rank::2]) and torch.equal(part[1], whole[1][rank::2])


def test_another_step_augments_otherwise() -> None:
    images = torch.randint(0, 256, (6, 3, 40, 64), dtype=torch.uint8)
    masks = torch.zeros(6, 40, 64, dtype=torch.uint8)
    first, second = (augment(images, masks, SMALL, draw_augmentations(6, (5, 1, step)))[0] for step in (3, 4))
    assert not torch.equal(first, second)


def test_colours_vary_as_torchvision_has_them() -> None:
    images = torch.randint(0, 256, (3, 3, 40, 64), dtype=torch.uint8)
    masks = torch.zeros(3, 40, 64, dtype=torch.uint8)
    config = SMALL.model_copy(update={"flip": False, "scale_min": 1.0, "scale_max": 1.0, "color_jitter": 0.4})
    draws = draw_augmentations(3, (2,))
    out, _ = augment(images, masks, config, draws)
    for i, image in enumerate(images):
        drawn = (draws.brightness[i], draws.contrast[i], draws.saturation[i])
        brightness, contrast, saturation = (float(0.6 + 0.8 * c) for c in drawn)
        known = TF.adjust_contrast(TF.adjust_brightness(image, brightness), contrast)
        known = TF.adjust_saturation(known, saturation)
        # torchvision rounds to whole levels between its steps.
        assert (out[i].int() - known.int()).abs().max() <= 3


def test_batches_cover_the_order_and_processes_share_them(drawn: Path, tmp_path: Path) -> None:
    split = load_split(open_cache(open_dataset(drawn), "train", (32, 64), tmp_path), torch.device("cpu"))
    order = np.arange(12)
    whole = [m for _, m in batches(split, in_batches(order, 4), torch.device("cpu"))]
    parts = [[m for _, m in batches(split, in_batches(order, 4), torch.device("cpu"), rank, 2)] for rank in range(2)]
    assert [len(m) for m in whole] == [4, 4, 4]
    for a, b, both in zip(*parts, whole, strict=True):
        assert torch.equal(torch.stack([a, b], 1).flatten(0, 1), both)


@pytest.mark.parametrize("size", [(32, 64), (72, 128), (45, 61)])
def test_any_size_goes_through_the_network(size: tuple[int, int]) -> None:
    model = make_model(SMALL).eval()
    images = normalise(torch.zeros(1, 3, *size, dtype=torch.uint8), "resnet34")
    with torch.inference_mode():
        assert forward(model, images).shape == (1, 20, *size)


def test_missing_weights_name_the_choices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BddsegError, match="encoder_weights=none") as caught:
        make_model(SMALL.model_copy(update={"encoder": "resnet34", "encoder_weights": "imagenet"}))
    assert "\n" not in str(caught.value)


def test_an_unknown_encoder_suggests_the_nearest() -> None:
    with pytest.raises(BddsegError, match="did you mean 'resnet34'"):
        make_model(SMALL.model_copy(update={"encoder": "resnet43"}))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_encoder_weights_come_from_a_local_file(tmp_path: Path, suffix: str) -> None:
    from safetensors.torch import save_file

    source = smp.encoders.get_encoder("resnet18", weights=None)
    state = {k: v.clone() for k, v in source.state_dict().items()}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    model = make_model(SMALL.model_copy(update={"encoder": "resnet18", "encoder_weights": str(path)}))
    assert torch.equal(model.get_parameter("encoder.conv1.weight"), source.get_parameter("conv1.weight"))


def test_weights_of_another_encoder_are_refused(tmp_path: Path) -> None:
    torch.save(smp.encoders.get_encoder("resnet18", weights=None).state_dict(), tmp_path / "w.pth")
    with pytest.raises(BddsegError, match=r"holds no weights of this encoder: its names are such as conv1.weight"):
        make_model(SMALL.model_copy(update={"encoder_weights": str(tmp_path / "w.pth")}))


def test_a_pickle_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    import pickle

    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(tmp_path / "owned"),)

    (tmp_path / "w.pth").write_bytes(pickle.dumps(Attack()))
    with pytest.raises(BddsegError, match="cannot be read as weights"):
        make_model(SMALL.model_copy(update={"encoder_weights": str(tmp_path / "w.pth")}))
    assert not (tmp_path / "owned").exists()


def trained() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    model = make_model(SMALL)
    optimizer = make_optimizer(model, SMALL)
    forward(model, torch.rand(2, 3, 32, 64)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_smp_itself_loads_a_checkpoint(tmp_path: Path) -> None:
    model, optimizer = trained()
    checkpoint.save(tmp_path, model, optimizer, Progress(step=1), ("last", "best"))
    loaded = smp.from_pretrained(tmp_path / "best")
    assert all(
        torch.equal(a, b) for a, b in zip(model.state_dict().values(), loaded.state_dict().values(), strict=True)
    )
    assert not list(tmp_path.rglob("*.pt")) and not list(tmp_path.rglob("*.pkl"))


def test_a_checkpoint_restores_weights_optimizer_and_random_state(tmp_path: Path) -> None:
    model, optimizer = trained()
    progress = Progress(
        epoch=1, step=7, position=3, loss_sum=1 / 3, loss_count=3, best_miou19=0.1, best_epoch=1, seconds=12.5
    )
    checkpoint.save(tmp_path, model, optimizer, progress, ("last",))
    expected = torch.rand(3), np.random.rand(3)
    other, other_optimizer = trained()
    assert checkpoint.load(tmp_path / "last", other, other_optimizer) == replace(progress, size=(0, 0))
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])
    ours, theirs = optimizer.state_dict()["state"], other_optimizer.state_dict()["state"]
    assert ours.keys() == theirs.keys() and len(ours) > 10
    assert all(torch.equal(ours[i]["exp_avg_sq"], theirs[i]["exp_avg_sq"]) for i in ours)


def test_restored_moments_lie_in_memory_as_their_weights_do(tmp_path: Path) -> None:
    model, optimizer = trained()
    checkpoint.save(tmp_path, model, optimizer, Progress(step=1), ("last",))
    other = make_model(SMALL).to(memory_format=torch.channels_last)
    other_optimizer = make_optimizer(other, SMALL)
    checkpoint.load(tmp_path / "last", other, other_optimizer)
    pairs = [(p, slots["exp_avg"]) for p, slots in other_optimizer.state.items()]
    assert any(not p.is_contiguous() for p, _ in pairs)
    assert all(p.stride() == moment.stride() for p, moment in pairs)


def test_old_checkpoints_go_and_best_stays(tmp_path: Path) -> None:
    model, optimizer = trained()
    checkpoint.save(tmp_path, model, optimizer, Progress(step=1), ("last", "best"))
    (tmp_path / ".step-00000009.0.tmp").mkdir()
    checkpoint.save(tmp_path, model, optimizer, Progress(step=2), ("last",))
    checkpoint.save(tmp_path, model, optimizer, Progress(step=3), ("last",))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best", "last", "step-00000001.0", "step-00000003.0"]
    assert (tmp_path / "best").resolve().name == "step-00000001.0"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module, torch.optim.Optimizer]:
    """A checkpoint's folder, and what it is of."""
    folder = tmp_path_factory.mktemp("checkpoints")
    model, optimizer = trained()
    checkpoint.save(folder, model, optimizer, Progress(step=1), ("last",))
    return folder / "last", model, optimizer


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b'"step": 1', b'"step": null'), "step should be"),
        ((b'"step": 1', b'"step": ' + b"9" * 400), "step should be"),
        ((b'"step": 1', b'"step": ' + b"[" * 100_000), "nested too deeply"),
        ((b'"loss_sum": 0.0', b'"loss_sum": 1e999'), "loss_sum should be"),
        ((b'"size": [0, 0]', b'"size": 3'), "size should be"),
        ((b'"groups"', b'"other"'), "groups is missing"),
        ((b'"python"', b'"other"'), "python is missing"),
    ],
)
def test_a_state_that_makes_no_sense_is_one_line_that_says_why(
    saved: tuple[Path, torch.nn.Module, torch.optim.Optimizer], change: tuple[bytes, bytes], why: str
) -> None:
    folder, model, optimizer = saved
    file = folder / "state.json"
    good = file.read_bytes()
    assert change[0] in good
    file.write_bytes(good.replace(*change))
    with pytest.raises(BddsegError, match=r"is damaged \(state.json: ") as caught:
        checkpoint.load(folder, model, optimizer)
    file.write_bytes(good)
    assert why in str(caught.value)
    checkpoint.load(folder, model, optimizer)


def test_a_damaged_checkpoint_is_one_line(tmp_path: Path) -> None:
    model, optimizer = trained()
    checkpoint.save(tmp_path, model, optimizer, Progress(step=1), ("last",))
    (tmp_path / "last" / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(BddsegError, match="is damaged"):
        checkpoint.load(tmp_path / "last", model, optimizer)


def test_the_configuration_has_a_help_text_and_a_group_for_each_setting() -> None:
    for name, field in TrainConfig.model_fields.items():
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict) and field.json_schema_extra["group"], name
