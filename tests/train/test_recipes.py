"""The ingredients of recipes, each by itself: losses against float64 references, the mean of weights, rare classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bddseg_tui.core.classes import UNKNOWN
from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.train import efficientnet_lite
from bddseg_tui.train.augment import augment
from bddseg_tui.train.batches import epoch_order
from bddseg_tui.train.checkpoint import Progress, load, load_model, save
from bddseg_tui.train.class_balance import class_crop_weights, repeat_factors
from bddseg_tui.train.crops import rare_pixels
from bddseg_tui.train.draws import draw_augmentations
from bddseg_tui.train.ema import ExponentialMovingAverage
from bddseg_tui.train.infer import Inference, predict_samples
from bddseg_tui.train.losses import IGNORE_INDEX, Loss, dice_loss, make_loss
from bddseg_tui.train.model import make_model
from bddseg_tui.train.normalise import normalise, statistics
from bddseg_tui.train.setup import make_optimizer
from bddseg_tui.train.tta import augmented_logits
from tests.train.in_process import fit, small_config

CPU = torch.device("cpu")


def example() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    target = torch.randint(0, 6, (2, 5, 7))
    target[1, 2:] = IGNORE_INDEX
    return torch.randn(2, 20, 5, 7, dtype=torch.float64, requires_grad=True), target


def hard_pixels(share: float) -> Loss:
    return make_loss(build_config(None, [f"hard_pixels={share}"]), np.ones(20, np.int64), CPU)


def test_all_hard_pixels_are_cross_entropy() -> None:
    logits, target = example()
    expected = F.cross_entropy(logits, target, ignore_index=IGNORE_INDEX)
    assert torch.allclose(hard_pixels(1 - 1e-9)(logits, target), expected)


def test_hard_pixels_are_those_of_each_image_with_the_largest_loss() -> None:
    logits, target = example()
    p = logits.softmax(1)
    kept = []
    for n in range(2):
        losses = sorted(
            (-p[n, target[n, y, x], y, x].log() for y in range(5) for x in range(7)
             if target[n, y, x] != IGNORE_INDEX),
            reverse=True,
        )  # fmt: skip
        kept += losses[: round(0.3 * len(losses))]
    assert torch.allclose(hard_pixels(0.3)(logits, target), torch.stack(kept).mean())


def test_dice_is_the_papers_formula_over_the_classes_that_occur() -> None:
    logits, target = example()
    p = logits.softmax(1).detach().numpy()
    counted = (target != IGNORE_INDEX).numpy()
    terms = []
    for c in range(20):
        truth = (target == c).numpy()
        if truth.any():
            own = p[:, c] * counted
            terms.append(1 - 2 * (own * truth).sum() / ((own**2).sum() + truth.sum()))
    assert dice_loss(logits, target).item() == pytest.approx(np.mean(terms))


@pytest.mark.parametrize("loss", [hard_pixels(0.5), dice_loss])
def test_padding_alone_gives_no_loss_and_no_gradient(
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> None:
    logits, target = example()
    value = loss(logits, torch.full_like(target, IGNORE_INDEX))
    value.backward()
    assert value.item() == 0 and logits.grad is not None and logits.grad.abs().max() == 0


def test_the_settings_choose_the_parts_of_the_loss() -> None:
    logits, target = example()
    mask = target.masked_fill(target == 5, UNKNOWN)
    config = build_config(None, ["label_smoothing=0.1", "dice=0.5", "unknown=ignore"])
    ignored = mask.masked_fill(mask == UNKNOWN, IGNORE_INDEX)
    expected = F.cross_entropy(logits, ignored, ignore_index=IGNORE_INDEX, label_smoothing=0.1)
    expected = expected + 0.5 * dice_loss(logits, ignored)
    ours = make_loss(config, np.ones(20, np.int64), CPU)(logits, mask)
    assert torch.allclose(ours, expected)


def test_the_mean_of_weights_is_the_moving_average() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    mean = ExponentialMovingAverage(model, 0.5)
    values, expected = [1.0, 3.0, 11.0, 2.0], 0.0
    for number, value in enumerate(values):
        with torch.no_grad():
            model.get_parameter("0.weight").fill_(value)
            model.get_buffer("1.running_mean").fill_(value)
        mean.update(model)
        decay = min(0.5, (1 + number) / (10 + number))
        expected = value if number == 0 else decay * expected + (1 - decay) * value
    assert mean.steps == 4
    assert mean.model.get_parameter("0.weight")[0, 0].item() == pytest.approx(expected)
    assert mean.model.get_buffer("1.running_mean")[0].item() == pytest.approx(expected)


def test_a_checkpoint_with_a_mean_restores_both(tmp_path: Path) -> None:
    config = build_config("demo", ["encoder=mobilenet_v2", "ema=0.9"])
    model = make_model(config)
    optimizer, mean = make_optimizer(model, config), ExponentialMovingAverage(model, 0.9)
    mean.update(model)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1.0)
    mean.update(model)
    save(tmp_path, model, optimizer, Progress(step=2, averaged=mean.steps), ("last",), mean.model)
    other = make_model(config)
    restored = ExponentialMovingAverage(other, 0.9)
    progress = load(tmp_path / "last", other, make_optimizer(other, config), restored.model)
    assert progress.averaged == 2
    for a, b in zip(other.state_dict().values(), model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(restored.model.state_dict().values(), mean.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert any(not torch.equal(a, b) for a, b in zip(other.parameters(), restored.model.parameters(), strict=True))


def test_rare_crops_hold_the_rare_class() -> None:
    masks = torch.zeros(8, 64, 96, dtype=torch.uint8)
    masks[:, 50:52, 90:93] = 12
    images = torch.zeros(8, 3, 64, 96, dtype=torch.uint8)
    pixels = np.bincount(masks.flatten().numpy(), minlength=20).astype(np.int64)
    settings = ["scale_min=1.0", "scale_max=4.0", "color_jitter=0", "flip=false", "rare_crops=1.0"]
    config = build_config(None, settings)

    def share(crop_weights: torch.Tensor | None) -> float:
        found = []
        for step in range(20):
            draws = draw_augmentations(8, (step,))
            wanted = [] if crop_weights is None else rare_pixels(list(masks.numpy()), draws, 1.0, crop_weights)
            found.append(augment(images, masks, config, draws, wanted)[1])
        return float(torch.stack([(m == 12).flatten(1).any(1).float().mean() for m in found]).mean())

    assert share(class_crop_weights(pixels)) > 0.95
    assert share(None) < 0.6


def test_unknown_is_never_wanted_and_rarer_classes_are_wanted_more() -> None:
    pixels = np.zeros(20, np.int64)
    pixels[[0, 13, 12, UNKNOWN]] = 1_000_000, 10_000, 100, 50
    crop_weights = class_crop_weights(pixels)
    assert crop_weights[12] > crop_weights[13] > crop_weights[0] > 0
    assert crop_weights[UNKNOWN] == 0 and crop_weights[16] == 0


def test_repeat_factors_are_the_papers() -> None:
    masks = np.zeros((100, 4, 4), np.uint8)
    masks[0, 0, 0] = 16
    masks[:25, 1, 1] = 13
    factors = repeat_factors(masks, 0.16)
    assert factors[0] == pytest.approx((0.16 / 0.01) ** 0.5)
    assert factors[1] == 1.0 and factors[99] == 1.0


def test_an_epoch_draws_images_in_proportion_to_their_factors() -> None:
    factors = np.ones(1000)
    factors[:10] = 20.0
    order = epoch_order(1000, 8, 0, 0, factors)
    assert len(order) == 1000 and 130 < (order < 10).sum() < 210
    assert np.array_equal(order, epoch_order(1000, 8, 0, 0, factors))


@pytest.mark.parametrize("name", efficientnet_lite.REPEATS)
def test_lite_weights_from_a_package_fit_every_layer_of_the_encoder(name: str) -> None:
    state = efficientnet_lite.packaged_weights(name)
    assert state is not None
    config = build_config(None, [f"encoder={name}"])
    encoder = make_model(config).get_submodule("encoder").state_dict()
    own = {k.removeprefix("model."): v for k, v in encoder.items()}
    assert set(own) == {k for k in state if k in own}
    for name, value in own.items():
        assert torch.equal(value, state[name]), name


def test_lite_encoders_have_statistics_of_their_own() -> None:
    name = "tu-tf_efficientnet_lite0"
    assert statistics(name) == ((0.5,) * 3, (0.5,) * 3)
    assert statistics("resnet34") != statistics(name)
    white = torch.full((1, 3, 2, 2), 255, dtype=torch.uint8)
    assert torch.equal(normalise(white, name), torch.ones(1, 3, 2, 2))


def test_augmentation_at_test_time_is_the_mean_of_probabilities() -> None:
    torch.manual_seed(0)
    model = nn.Conv2d(3, 20, 3, padding=1).eval()
    images = torch.randn(2, 3, 32, 64)
    with torch.inference_mode():
        plain, mirrored = model(images).softmax(1), model(images.flip(-1)).flip(-1).softmax(1)
        found = augmented_logits(model, images, "flip").softmax(1)
        assert torch.allclose(found, (plain + mirrored) / 2, atol=1e-5)
        scales = augmented_logits(model, images, "scales").softmax(1)
    assert scales.shape == found.shape and torch.allclose(scales.sum(1), torch.ones(2, 32, 64), atol=1e-4)
    assert not torch.allclose(scales, found, atol=1e-3)


def test_a_run_with_every_ingredient_trains_and_predicts_with_the_mean(engine: Engine, drawn: Path) -> None:
    settings = [
        "epochs=2",
        "ema=0.99",
        "accumulate=2",
        "hard_pixels=0.5",
        "dice=0.5",
        "label_smoothing=0.05",
        "rare_crops=0.5",
        "rare_images=0.3",
    ]
    run = fit(engine, drawn, small_config(*settings))
    best = run.folder / "checkpoints/best"
    assert (best / "weights.safetensors").exists()
    model = load_model(best)
    sample = next(iter(engine_samples(drawn)))
    predicted = next(iter(predict_samples(model, [sample], Inference((32, 64), CPU, "no", 1))))
    assert predicted.predicted is not None


def engine_samples(root: Path) -> list[Sample]:
    return [s for s in list_samples(open_dataset(root)) if s.split == "val"]
