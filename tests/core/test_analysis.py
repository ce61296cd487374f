"""Analyses of counts by image, against scikit-learn and against counting by hand."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, hamming_loss, precision_recall_fscore_support

from bddseg_tui.core.analysis.class_images import ClassPixels, images_by_class
from bddseg_tui.core.analysis.compare import image_changes, refuse_others, settings_diff
from bddseg_tui.core.analysis.confusion_matrix import images_of_cell, images_of_pair, normalise
from bddseg_tui.core.analysis.multilabel import classify, presence
from bddseg_tui.core.analysis.per_image import PerImage, PerImageWriter, load_per_image
from bddseg_tui.core.analysis.slices import slices
from bddseg_tui.core.analysis.threshold import Threshold, parse_threshold
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.runs.metrics import boundary_scores, calibration, scores

Counts = NDArray[np.uint32]


def random_counts(images: int = 40, seed: int = 0) -> Counts:
    """Confusion matrices of images in which most classes are missing."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 900, (images, 20, 20)) * (rng.random((images, 20, 20)) < 0.04)
    counts[:, 0, 0] += 5000
    return counts.astype(np.uint32)


def per_image(counts: Counts, names: list[bytes] | None = None) -> PerImage:
    count = len(counts)
    names = names or [b"images/%d.jpg" % i for i in range(count)]
    half = np.full(count, 0.5, np.float32)
    return PerImage(
        tuple(names), counts, np.zeros((count, 3, 20), np.uint32), half, np.linspace(0, 1, count, dtype="f")
    )


def keep(folder: Path, found: PerImage) -> PerImage:
    with PerImageWriter(folder) as writer:
        for n, image in enumerate(found.images):
            figures = (float(found.confidence[n]), float(found.brightness[n]))
            writer.add(image, found.confusion[n], found.boundary[n], *figures)
        return writer.finish()


@pytest.mark.parametrize("threshold", [Threshold(), Threshold(300), Threshold(1, 2.0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_multi_label_report_is_scikit_learns(threshold: Threshold, seed: int) -> None:
    counts = random_counts(seed=seed)
    actual, predicted = presence(counts, threshold)
    report = classify(counts, threshold)
    theirs = precision_recall_fscore_support(actual, predicted, zero_division=0)
    ours = [[c.precision, c.recall, c.f1, c.support] for c in report.classes]
    assert np.allclose(ours, np.asarray(theirs).T)
    for average in report.averages:
        expected = precision_recall_fscore_support(actual, predicted, average=average.name, zero_division=0)[:3]
        assert np.allclose([average.precision, average.recall, average.f1], expected), average.name
    assert report.exact_match == pytest.approx(accuracy_score(actual, predicted))
    assert report.accuracy == pytest.approx(1 - hamming_loss(actual, predicted))


def test_a_class_is_present_from_its_threshold_on() -> None:
    counts = np.zeros((1, 20, 20), np.uint32)
    counts[0, 0, 0], counts[0, 13, 13], counts[0, 11, 11] = 989, 10, 1
    assert presence(counts, Threshold())[0].sum() == 3
    assert presence(counts, Threshold(2))[0].sum() == 2
    assert presence(counts, Threshold(1, 1.0))[0].sum() == 2
    assert presence(counts, Threshold(1, 1.01))[0].sum() == 1


def test_the_confusion_of_labels_says_what_was_found_instead() -> None:
    counts = np.zeros((3, 20, 20), np.uint32)
    counts[0, 14, 13] = 10  # a truck that was taken for a car
    counts[1, 14, 14] = 10
    counts[2, 14, 0] = counts[2, 0, 0] = 10  # a truck that was taken for road, which is there too
    confusion = classify(counts).confusion
    assert confusion[14, 13] == 1 and confusion[14, 14] == 1 and confusion[14, 20] == 1
    assert confusion[:20, :20].sum() == 3
    actual, predicted = presence(counts, Threshold())
    assert images_of_pair(actual, predicted, 14, 13).tolist() == [0]
    assert images_of_pair(actual, predicted, 14, 14).tolist() == [1]
    assert images_of_pair(actual, predicted, 14, 20).tolist() == [2]


def test_the_images_of_every_cell_are_as_many_as_it_counts() -> None:
    counts = random_counts(60)
    confusion = classify(counts).confusion
    actual, predicted = presence(counts, Threshold())
    for row in range(20):
        for column in range(21):
            assert len(images_of_pair(actual, predicted, row, column)) == confusion[row, column]


def test_normalised_rows_and_columns_add_up_to_one_or_are_empty() -> None:
    matrix = random_counts().sum(axis=0, dtype=np.int64)
    matrix[7] = 0
    rows, columns = normalise(matrix, "row"), normalise(matrix, "column")
    assert np.allclose(rows.sum(axis=1), np.where(matrix.sum(axis=1), 1, 0))
    assert np.allclose(columns.sum(axis=0), np.where(matrix.sum(axis=0), 1, 0))
    assert normalise(matrix, "none").max() == 1
    assert normalise(np.zeros((20, 20), np.int64), "none").max() == 0


def test_the_images_of_a_cell_come_with_most_pixels_first() -> None:
    counts = np.zeros((4, 20, 20), np.uint32)
    counts[:, 3, 4] = [5, 0, 9, 1]
    assert images_of_cell(counts, 3, 4).tolist() == [2, 0, 3]


def test_counts_come_back_as_they_were_kept(tmp_path: Path) -> None:
    before = per_image(random_counts(3), [b"a.jpg", b"\xff\x1b[31m.jpg", "ü.jpg".encode()])
    after = keep(tmp_path, before)
    assert after.images == before.images
    assert not list(tmp_path.glob(".*"))
    assert np.array_equal(after.confusion, before.confusion) and np.array_equal(after.brightness, before.brightness)


def test_counts_that_were_not_finished_leave_the_last_ones_alone(tmp_path: Path) -> None:
    before = keep(tmp_path, per_image(random_counts(3)))
    with PerImageWriter(tmp_path) as writer:
        writer.add(b"a.jpg", before.confusion[0], before.boundary[0], 0.5, 0.5)
    assert load_per_image(tmp_path).images == before.images
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "images.json").unlink(),
        lambda folder: (folder / "images.json").write_text("{"),
        lambda folder: (folder / "images.json").write_text("[1, 2, 3]"),
        lambda folder: (folder / "images.json").write_text('["a.jpg"]'),
        lambda folder: (folder / "confusion.npy").write_bytes(b"no numbers"),
        lambda folder: np.save(folder / "confusion.npy", np.asarray([object()]), allow_pickle=True),
    ],
)
def test_missing_or_damaged_counts_are_a_message(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    keep(tmp_path, per_image(random_counts(3)))
    spoil(tmp_path)
    with pytest.raises(BddsegError, match="evaluate again"):
        load_per_image(tmp_path)


def test_slices_by_tag_class_and_brightness_hold_the_right_images(collection: Collection) -> None:
    rows = collection.catalog.rows(collection.catalog.find(parse_query("split:val")))
    collection.catalog.add_tag([rows[0].id, rows[3].id], "night")
    counts = random_counts(len(rows))
    names = [os.fsencode(os.path.relpath(r.image, collection.dataset.root)) for r in rows]
    found = {s.query: s for s in slices(per_image(counts, names), collection.catalog)}
    assert found["tag:night"].images == 2
    assert found["tag:night"].scores.miou19 == scores(counts[[0, 3]].sum(axis=0, dtype=np.int64)).miou19
    assert sum(s.images for q, s in found.items() if q.startswith("brightness")) == len(rows)
    has, lacks = found["has:rider"], found["-has:rider"]
    assert has.images + lacks.images == len(rows)
    assert has.images == (counts[:, 12].sum(axis=1) > 0).sum()


def test_slices_come_worst_first_and_those_of_few_images_last(collection: Collection) -> None:
    rows = collection.catalog.rows(collection.catalog.find(parse_query("")))
    names = [os.fsencode(os.path.relpath(r.image, collection.dataset.root)) for r in rows]
    found = slices(per_image(random_counts(len(rows)), names), collection.catalog)
    many, few = [s for s in found if not s.few], [s for s in found if s.few]
    assert many and few and [*many, *few] == found
    for part in (many, few):
        mious = [s.scores.miou19 for s in part]
        assert mious == sorted(mious)


def test_images_of_a_class_come_by_its_own_iou_and_of_equal_ones_those_with_most_wrong_pixels_first() -> None:
    counts = np.zeros((5, 20, 20), np.uint32)
    counts[:, 0, 0] = 900
    counts[0, 12, 12], counts[0, 12, 11] = 90, 10
    counts[1, 12, 11], counts[2, 12, 11] = 7, 70
    counts[3, 0, 12], counts[3, 19, 12] = 8, 1000
    found = images_by_class(per_image(counts, [b"good", b"small", b"large", b"invented", b"without"]), 12)
    assert [c.image for c in found] == [b"large", b"invented", b"small", b"good"]
    assert found[1] == ClassPixels(b"invented", 0, 0, 8), "where the class is unknown, nothing is invented"
    assert found[-1].iou == 0.9
    best = images_by_class(per_image(counts, [b"good", b"small", b"large", b"invented", b"without"]), 12, False)
    assert best == found[::-1]


@pytest.mark.parametrize(
    ("dataset", "split", "word"), [("b", "val", "measured on /data/a, the other"), ("a", "train", "split val")]
)
def test_evaluations_of_other_datasets_or_splits_are_not_compared(dataset: str, split: str, word: str) -> None:
    one, other = ("1/best-val", Path("/data/b"), "train"), ("2/best-val", Path("/data/a"), "val")
    refuse_others([one, one])
    with pytest.raises(UsageError, match=word):
        refuse_others([("1/best-val", Path("/data") / dataset, split), other])


def test_images_that_got_worse_come_first_and_only_shared_ones_count() -> None:
    right, wrong = np.zeros((20, 20), np.uint32), np.zeros((20, 20), np.uint32)
    right[0, 0], wrong[0, 1] = 10, 10
    before = per_image(np.stack([right, wrong, right]), [b"a", b"b", b"c"])
    after = per_image(np.stack([right, wrong, right]), [b"b", b"a", b"new"])
    changes = image_changes(before, after)
    assert [(c.image, c.change) for c in changes] == [(b"a", -1.0), (b"b", 1.0)]


def test_only_settings_that_differ_are_shown() -> None:
    configs = [{"loss": "focal", "epochs": 3}, {"loss": "focal", "epochs": 5, "ema": 0.9}]
    assert settings_diff(configs) == {"epochs": (3, 5), "ema": (None, 0.9)}


def test_calibration_is_the_mean_distance_of_confidence_from_accuracy() -> None:
    bins = np.zeros((3, 15))
    bins[:, 14], bins[:, 7] = (100, 99, 80), (300, 150, 150)
    error, diagram = calibration(bins)
    assert error == pytest.approx((0.19 * 100 + 0.0 * 300) / 400)
    assert [d["accuracy"] for d in diagram] == [0.5, 0.8]


def test_boundary_iou_averages_official_classes_that_occur() -> None:
    counts = np.zeros((3, 20), np.int64)
    counts[:, 0], counts[:, 1], counts[:, 2] = (5, 10, 10), (0, 4, 0), (0, 0, 7)
    iou, mean = boundary_scores(counts)
    assert iou[0] == 5 / 15 and iou[1] == 0 and mean == pytest.approx((5 / 15 + 0) / 2)
    assert np.isnan(iou[3])
    counts[:, 19] = 0, 0, 9
    assert np.isnan(boundary_scores(counts)[0][19])


@pytest.mark.parametrize("percent", [*range(1, 100), 0.1, 0.3, 0.7, 2.9, 33.3, 57.9])
def test_a_share_is_reached_at_exactly_that_share(percent: float) -> None:
    least = round(percent * 10)
    counts = np.zeros((2, 20, 20), np.uint32)
    counts[0, 3, 3], counts[0, 0, 0] = least, 1000 - least
    counts[1, 3, 3], counts[1, 0, 0] = least - 1, 1001 - least
    actual, predicted = presence(counts, parse_threshold(f"{percent}%"))
    assert actual[:, 3].tolist() == predicted[:, 3].tolist() == [True, False]


def test_a_share_of_the_largest_image_does_not_overflow() -> None:
    counts = np.zeros((1, 20, 20), np.uint32)
    counts[0, 3, 3], counts[0, 0, 0] = 99_999_999, 1
    assert presence(counts, parse_threshold("99.999999%"))[0][0, 3]
    assert not presence(counts, parse_threshold("100%"))[0][0, 3]


@pytest.mark.parametrize(
    "text",
    ["nan%", "inf%", "1_0%", "1,000", "0x10", "-1", "1e3", "9" * 5000, "9" * 5000 + "%", "0%", "101%", "٣%", "²"],
)
def test_a_threshold_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a threshold is a number of pixels"):
        parse_threshold(text)
