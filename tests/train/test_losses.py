from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bddseg_tui.core.classes import UNKNOWN
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.train.device_data import SplitData
from bddseg_tui.train.fit import save, train_step, validate_epoch
from bddseg_tui.train.losses import IGNORE_INDEX, class_weights, dice_loss, make_loss, pixel_losses
from bddseg_tui.train.normalise import normalise
from bddseg_tui.train.step_log import read_steps
from tests.train.in_process import trainer_of

CPU = torch.device("cpu")


def example() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 20, (2, 6, 7))
    target[0, :2] = IGNORE_INDEX
    return torch.randn(2, 20, 6, 7, dtype=torch.float64, requires_grad=True), target


def focal_loss(logits: torch.Tensor, target: torch.Tensor, gamma: float, weight: torch.Tensor | None) -> torch.Tensor:
    """The mean over pixels, or weights, that are counted."""
    losses = pixel_losses(logits, target, weight, build_config("demo", ["loss=focal", f"focal_gamma={gamma}"]))
    counted = target != IGNORE_INDEX
    return losses.sum() / (counted.sum() if weight is None else weight[target[counted]].sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_focal_loss_without_focus_is_cross_entropy(weighted: bool) -> None:
    logits, target = example()
    weight = torch.rand(20, dtype=torch.float64) if weighted else None
    ours = focal_loss(logits, target, 0.0, weight)
    assert torch.allclose(ours, F.cross_entropy(logits, target, weight, ignore_index=IGNORE_INDEX))


def test_focal_loss_is_the_papers_formula() -> None:
    logits, target = example()
    p = logits.softmax(1)
    terms = [
        -((1 - p[n, target[n, y, x], y, x]) ** 2) * p[n, target[n, y, x], y, x].log()
        for n in range(2) for y in range(6) for x in range(7) if target[n, y, x] != IGNORE_INDEX
    ]  # fmt: skip
    assert torch.allclose(focal_loss(logits, target, 2.0, None), torch.stack(terms).mean())


def test_pixels_that_are_padding_have_no_gradient() -> None:
    logits, target = example()
    focal_loss(logits, target, 2.0, None).backward()
    assert logits.grad is not None
    assert logits.grad[0, :, :2].abs().max() == 0
    assert logits.grad[1].abs().max() > 0


def test_unknown_can_be_ignored() -> None:
    logits, target = example()
    pixels = np.ones(20, dtype=np.int64)
    loss = make_loss(build_config("demo", ["unknown=ignore"]), pixels, torch.device("cpu"))
    expected = F.cross_entropy(logits, target.masked_fill(target == 19, IGNORE_INDEX), ignore_index=IGNORE_INDEX)
    assert torch.allclose(loss(logits, target), expected)


def test_median_frequency_is_over_the_images_that_hold_the_class() -> None:
    pixels, holding = np.zeros(20, np.int64), np.zeros(20, np.int64)
    pixels[:3] = 9_000, 900, 100
    # The third class fills a tenth of the one image that holds it.
    holding[:3] = 10_000, 10_000, 1_000
    weight = class_weights("median-frequency", pixels, holding)
    assert weight is not None
    assert (weight / weight[0])[:3].tolist() == pytest.approx([1, 10, 9])


def test_class_weights_favour_rare_classes_and_leave_out_absent_ones() -> None:
    pixels = np.zeros(20, dtype=np.int64)
    pixels[:3] = 9_000, 900, 100
    for kind, ratio in (("inverse-sqrt", 10**0.5), ("median-frequency", 10.0)):
        weight = class_weights(kind, pixels)
        assert weight is not None
        assert weight[1] / weight[0] == pytest.approx(ratio, rel=1e-5)
        assert weight[3:].sum() == 0
        assert weight[:3].mean() == pytest.approx(1.0)
    assert class_weights("none", pixels) is None


LOSSES = {
    "cross-entropy": [],
    "smoothed": ["label_smoothing=0.1"],
    "focal": ["loss=focal", "focal_gamma=0.5"],
    "hard pixels": ["hard_pixels=0.3"],
    "dice": ["dice=1"],
    "focal, hard and smoothed": ["loss=focal", "focal_gamma=0.5", "hard_pixels=0.3", "label_smoothing=0.1"],
}


def reference(name: str, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> float:
    """A loss by loops over pixels, float64; target values 255 are not counted."""
    log_p = logits.detach().log_softmax(1).double().numpy()
    terms, total = [], 0.0
    for (n, y, x), c in np.ndenumerate(target.numpy()):
        if c == IGNORE_INDEX:
            continue
        own, w = log_p[n, :, y, x], weight.double().numpy()
        smooth = 0.1 if "smoothed" in name else 0.0
        factor = (1 - np.exp(own[c])) ** 0.5 if "focal" in name else 1.0
        terms.append(-factor * (w[c] * (1 - smooth) * own[c] + smooth / 20 * (w * own).sum()))
        total += w[c]
    if not total:
        return 0.0
    if "hard" in name:
        return float(np.mean(sorted(terms, reverse=True)[: max(1, round(0.3 * len(terms)))]))
    value = sum(terms) / total
    return float(value + dice_loss(logits.detach(), target).item()) if name == "dice" else float(value)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("weights", ["none", "inverse-sqrt"])
@pytest.mark.parametrize("known", [0, 1, 30])
def test_every_loss_is_its_formula_and_0_where_nothing_is_counted(name: str, weights: str, known: int) -> None:
    torch.manual_seed(2)
    logits = torch.randn(2, 20, 5, 6, dtype=torch.float64, requires_grad=True)
    mask = torch.full((2, 5, 6), 19)
    mask.view(-1)[:known] = torch.arange(known) % 7
    pixels = np.arange(1, 21, dtype=np.int64) * 100
    loss = make_loss(build_config("demo", ["unknown=ignore", f"class_weights={weights}", *LOSSES[name]]), pixels, CPU)
    loss = replace(loss, weight=loss.weight.double() if loss.weight is not None else None)
    value = loss(logits, mask)
    value.backward()
    weight = loss.weight if loss.weight is not None else torch.ones(20)
    assert value.item() == pytest.approx(reference(name, logits, mask.masked_fill(mask == 19, IGNORE_INDEX), weight))
    assert logits.grad is not None and logits.grad.isfinite().all()
    assert (logits.grad.abs().max() == 0) == (known == 0)
    assert torch.equal(loss.sums(logits, mask)[1] > 0, torch.tensor(known > 0))


@pytest.mark.parametrize("name", LOSSES)
def test_pixels_of_classes_that_weigh_nothing_give_0(name: str) -> None:
    logits, target = example()
    pixels = np.zeros(20, np.int64)
    pixels[3] = 10
    settings = ["class_weights=median-frequency", *[s for s in LOSSES[name] if s != "dice=1"]]
    loss = make_loss(build_config("demo", settings), pixels, CPU)
    loss = replace(loss, weight=loss.weight.double() if loss.weight is not None else None)
    absent = torch.full_like(target, 5)
    value = loss(logits, absent)
    value.backward()
    assert value.item() == 0 and logits.grad is not None and logits.grad.abs().max() == 0
    assert loss.sums(logits, absent)[1] == 0


def test_focal_loss_of_a_pixel_that_is_surely_right_has_a_finite_slope() -> None:
    logits = torch.zeros(1, 20, 1, 2)
    logits[0, 3] = 200.0
    logits.requires_grad_()
    focal_loss(logits, torch.tensor([[[3, 4]]]), 0.5, None).backward()
    assert logits.grad is not None and logits.grad.isfinite().all()


STILL = ["flip=false", "scale_min=1", "scale_max=1", "color_jitter=0", "device=cpu", "unknown=ignore"]
ROWS = np.arange(8)


def step(folder: Path, images: torch.Tensor, masks: torch.Tensor, *settings: str) -> tuple[float, torch.Tensor]:
    """(loss, weights after it) of one step of a small network."""
    torch.manual_seed(0)
    model = nn.Conv2d(3, 20, 3, padding=1)
    trainer = trainer_of(build_config(None, [*STILL, *settings]), model, folder)
    found = train_step(trainer, images, masks)
    return float(found.loss), model.weight.detach().clone()


@pytest.fixture
def uneven() -> tuple[torch.Tensor, torch.Tensor]:
    """Six images with their masks: unknown are all pixels of two, most of one, none of the others."""
    random = torch.Generator().manual_seed(4)
    images = torch.randint(0, 256, (6, 3, 32, 64), dtype=torch.uint8, generator=random)
    masks = torch.randint(0, 19, (6, 32, 64), dtype=torch.uint8, generator=random)
    masks[0, :30], masks[1], masks[4], masks[5, :, :5] = UNKNOWN, UNKNOWN, UNKNOWN, 3
    return images, masks


@pytest.mark.parametrize("weights", ["none", "inverse-sqrt"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_step_is_the_same_in_however_many_parts_it_is_taken(
    tmp_path: Path, uneven: tuple[torch.Tensor, torch.Tensor], name: str, weights: str
) -> None:
    images, masks = uneven
    settings = [f"class_weights={weights}", *LOSSES[name]]
    whole = step(tmp_path, images, masks, *settings)
    for parts in (2, 4, 6):
        loss, weight = step(tmp_path, images, masks, f"accumulate={parts}", *settings)
        assert loss == pytest.approx(whole[0], rel=1e-5)
        torch.testing.assert_close(weight, whole[1], rtol=1e-5, atol=1e-7)
    # Images without a counted pixel add nothing and dilute nothing.
    counted = (masks != UNKNOWN).flatten(1).any(1)
    loss, weight = step(tmp_path, images[counted], masks[counted], *settings)
    assert loss == pytest.approx(whole[0], rel=1e-5)
    torch.testing.assert_close(weight, whole[1], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", LOSSES)
def test_the_validation_loss_is_the_same_in_batches_of_any_size(
    tmp_path: Path, uneven: tuple[torch.Tensor, torch.Tensor], name: str
) -> None:
    images, masks = uneven
    torch.manual_seed(0)
    trainer = trainer_of(build_config(None, [*STILL, *LOSSES[name]]), nn.Conv2d(3, 20, 3, padding=1), tmp_path)
    trainer.val = SplitData((images,), (masks,), np.zeros(6, int), np.arange(6), on_device=False)
    found = []
    for batch_size in (6, 4, 1):
        trainer.batch_size = batch_size
        found.append(validate_epoch(trainer).loss)
    assert found[1:] == [pytest.approx(found[0], rel=1e-5)] * 2
    with torch.no_grad():
        logits = trainer.model(normalise(images, "resnet34"))
    assert found[0] == pytest.approx(float(trainer.loss(logits, masks)), rel=1e-5)


def test_a_network_with_chance_and_statistics_takes_a_step_of_dice_in_parts_once(
    tmp_path: Path, uneven: tuple[torch.Tensor, torch.Tensor]
) -> None:
    class Once(nn.Sequential):
        """What came out of the last layer, part by part."""

        def __init__(self) -> None:
            super().__init__(nn.Conv2d(3, 20, 3, padding=1), nn.BatchNorm2d(20), nn.Dropout(0.5))
            self.seen: list[torch.Tensor] = []
            self[2].register_forward_hook(lambda module, args, out: self.seen.append(out.detach().clone()))

    torch.manual_seed(0)
    model = Once()
    train_step(trainer_of(build_config(None, [*STILL, "accumulate=2", "dice=1"]), model, tmp_path), *uneven)
    assert len(model.seen) == 4
    assert torch.equal(model.seen[0], model.seen[2]) and torch.equal(model.seen[1], model.seen[3])
    assert not torch.equal(model.seen[0], model.seen[1])
    torch.manual_seed(0)
    other = Once()
    train_step(trainer_of(build_config(None, [*STILL, "accumulate=2"]), other, tmp_path), *uneven)
    torch.testing.assert_close(model.get_buffer("1.running_mean"), other.get_buffer("1.running_mean"))


def test_a_step_without_any_counted_pixel_has_no_loss_and_leaves_the_weights(tmp_path: Path) -> None:
    model = nn.Conv2d(3, 20, 3, padding=1)
    before = model.weight.detach().clone()
    trainer = trainer_of(build_config(None, [*STILL, "accumulate=2"]), model, tmp_path)
    images, masks = torch.zeros(2, 3, 32, 64, dtype=torch.uint8), torch.full((2, 32, 64), UNKNOWN, dtype=torch.uint8)
    trainer.unread.append(train_step(trainer, images, masks))
    read_steps(trainer)
    assert (trainer.progress.loss_sum, trainer.progress.loss_count) == (0, 0)
    assert torch.equal(model.weight, before)


def test_a_gradient_that_is_no_number_is_named_before_a_checkpoint_is_made(tmp_path: Path) -> None:
    model = nn.Conv2d(3, 20, 3, padding=1)
    broken = [False]
    model.weight.register_hook(lambda g: g * float("nan") if broken[0] else g)
    trainer = trainer_of(build_config(None, [*STILL, "learning_rate=0.5"]), model, tmp_path)
    images, masks = torch.zeros(2, 3, 32, 64, dtype=torch.uint8), torch.zeros(2, 32, 64, dtype=torch.uint8)
    for number in range(4):
        broken[0] = number == 1
        trainer.unread.append(train_step(trainer, images, masks))
        trainer.progress.step += 1
    with pytest.raises(BddsegError, match=r"gradient became nan at step 2 .* lower learning_rate \(it is 0.5\)$"):
        save(trainer, "last")
    assert list(tmp_path.iterdir()) == []
    assert trainer.progress.loss_count == 1


@pytest.mark.parametrize("settings", [[], ["loss=focal", "class_weights=inverse-sqrt"], ["label_smoothing=0.1"]])
def test_a_loss_is_the_same_in_the_layout_of_the_network(settings: list[str]) -> None:
    mask = torch.randint(0, 20, (2, 9, 7), generator=torch.Generator().manual_seed(0))
    mask[0, :3] = IGNORE_INDEX
    loss = make_loss(build_config(None, settings), np.arange(1, 21), torch.device("cpu"))
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        logits = torch.randn(2, 20, 9, 7, generator=torch.Generator().manual_seed(1)).contiguous(memory_format=layout)
        logits.requires_grad_()
        value = loss(logits, mask)
        value.backward()
        assert logits.grad is not None
        found.append((value.detach(), logits.grad))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)
