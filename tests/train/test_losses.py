import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.config import build_config
from train.losses import PADDING, class_weights, focal_loss, make_loss


def example() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    target = torch.randint(0, 20, (2, 6, 7))
    target[0, :2] = PADDING
    return torch.randn(2, 20, 6, 7, dtype=torch.float64, requires_grad=True), target


@pytest.mark.parametrize("weighted", [False, True])
def test_focal_loss_without_focus_is_cross_entropy(weighted: bool) -> None:
    logits, target = example()
    weight = torch.rand(20, dtype=torch.float64) if weighted else None
    ours = focal_loss(logits, target, 0.0, weight)
    assert torch.allclose(ours, F.cross_entropy(logits, target, weight, ignore_index=PADDING))


def test_focal_loss_is_the_papers_formula() -> None:
    logits, target = example()
    p = logits.softmax(1)
    terms = [
        -((1 - p[n, target[n, y, x], y, x]) ** 2) * p[n, target[n, y, x], y, x].log()
        for n in range(2) for y in range(6) for x in range(7) if target[n, y, x] != PADDING
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
    expected = F.cross_entropy(logits, target.masked_fill(target == 19, PADDING), ignore_index=PADDING)
    assert torch.allclose(loss(logits, target), expected)


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
