import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion
from torchmetrics.classification import MulticlassConfusionMatrix

from bddseg_tui.core.classes import NUM_CLASSES, UNKNOWN
from bddseg_tui.core.runs.metrics import image_scores, scores
from bddseg_tui.train.confusion import (
    CALIBRATION_BINS,
    boundary_counts,
    boundary_mask,
    boundary_width,
    calibration_counts,
    confusion_matrix,
)


def random_masks(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    actual = torch.randint(0, NUM_CLASSES, (2, 37, 53), generator=generator, dtype=torch.uint8)
    predicted = torch.where(torch.rand(actual.shape, generator=generator) < 0.6, actual, actual.flip(1))
    return actual, predicted


@pytest.mark.parametrize("seed", range(3))
def test_the_confusion_matrix_is_torchmetrics(seed: int) -> None:
    actual, predicted = random_masks(seed)
    theirs = MulticlassConfusionMatrix(NUM_CLASSES)(predicted.int(), actual.int())
    ours = confusion_matrix(actual, predicted)
    assert ours.dtype == torch.int64
    assert torch.equal(ours, theirs)


def official(actual: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> tuple[float, float]:
    """bdd100k's eval/seg.py in its own terms: labels above 18 are ignored, predictions above 18 are misses."""
    hist = np.zeros((20, 20), dtype=np.int64)
    known = actual < 19
    np.add.at(hist, (actual[known], predicted[known]), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.diag(hist) / (hist.sum(1) + hist.sum(0) - np.diag(hist))
    present = hist.sum(1)[:19] > 0
    return float(iou[:19][present].mean()), float(np.diag(hist).sum() / hist.sum())


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_the_official_evaluators(seed: int) -> None:
    actual, predicted = random_masks(seed)
    # A class that is predicted but never occurs, and one that does neither.
    actual[actual == 7] = 8
    actual[actual == 5], predicted[predicted == 5] = 6, 6
    found = scores(confusion_matrix(actual, predicted).numpy())
    miou, accuracy = official(actual.numpy().ravel(), predicted.numpy().ravel())
    assert found.miou19 == pytest.approx(miou, abs=1e-12)
    assert found.pixel_accuracy == pytest.approx(accuracy, abs=1e-12)


def test_a_class_that_neither_occurs_nor_is_predicted_is_undefined() -> None:
    confusion = np.zeros((20, 20), dtype=np.int64)
    confusion[0, 0], confusion[1, 0] = 8, 2
    found = scores(confusion)
    assert found.iou[0] == 0.8
    assert found.iou[1] == 0.0
    assert math.isnan(found.iou[2])
    assert math.isnan(found.precision[1]) and found.recall[1] == 0.0
    assert found.miou19 == 0.4
    assert found.class_rows()[2]["iou"] is None


def test_unknown_counts_for_20_classes_and_not_for_19() -> None:
    confusion = np.zeros((20, 20), dtype=np.int64)
    confusion[0, 0], confusion[0, 19], confusion[19, 19], confusion[19, 0] = 6, 2, 5, 5
    found = scores(confusion)
    assert found.iou[0] == 6 / 8
    assert found.miou20 == pytest.approx((6 / 13 + 5 / 12) / 2)
    assert found.pixel_accuracy == 6 / 8


def test_counts_beyond_32_bits_are_exact() -> None:
    confusion = np.zeros((20, 20), dtype=np.int64)
    confusion[0, 0], confusion[0, 1] = 2**40, 2**40
    assert scores(confusion).recall[0] == 0.5


def test_an_image_without_a_label_has_no_score() -> None:
    confusion = np.zeros((20, 20), dtype=np.int64)
    confusion[19, 3] = 10
    assert all(math.isnan(v) for v in image_scores(confusion))


@pytest.mark.parametrize("width", [1, 2, 5])
def test_boundaries_are_each_class_without_its_erosion(width: int) -> None:
    rng = np.random.default_rng(width)
    labels = np.kron(rng.integers(0, 4, (4, 5)), np.ones((11, 9), int)).astype(np.uint8)
    labels[7, 20] = 9
    expected = np.zeros(labels.shape, bool)
    square = np.ones((2 * width + 1, 2 * width + 1), bool)
    for label in np.unique(labels):
        mask = labels == label
        expected |= mask & ~binary_erosion(mask, square, border_value=0)
    assert np.array_equal(boundary_mask(torch.from_numpy(labels), width).numpy(), expected)


def test_boundary_counts_leave_out_unknown_pixels() -> None:
    actual = torch.zeros(30, 40, dtype=torch.uint8)
    actual[:, 20:] = UNKNOWN
    both, of_actual, of_predicted = boundary_counts(actual, torch.zeros_like(actual))
    assert boundary_width(30, 40) == 1
    # Left half: its outer edge and its edge towards unknown; the prediction has no edge in the middle.
    assert of_actual[0] == 20 + 20 + 28 + 28 and of_predicted[0] == 20 + 20 + 28
    assert both[0] == of_predicted[0] and of_actual[UNKNOWN] == 0


def test_confidence_is_binned_with_what_was_right() -> None:
    confidence = torch.tensor([0.05, 0.95, 0.97, 1.0])
    bins = calibration_counts(confidence, torch.tensor([True, False, True, True]))
    assert bins.shape == (3, CALIBRATION_BINS)
    assert bins[0, 0] == 1 and bins[0, -1] == 3
    assert bins[1, -1] == pytest.approx(2.92) and bins[2, -1] == 2
