"""Why a class's IoU is what it is: masks and predictions in which the truth is known, since they were drawn so."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bddseg_tui.core.analysis.class_details import Mask, details_of, load_details, no_details, write_details
from bddseg_tui.core.analysis.per_image import PerImage
from bddseg_tui.core.classes import NUM_CLASSES, find_class
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.diagnosis import ClassDiagnosis, Diagnosis, diagnosis_of
from bddseg_tui.core.quality.diagnosis_text import diagnosis_lines
from bddseg_tui.core.quality.learning_estimate import images_needed
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.metrics import scores

ROAD, BUILDING, POLE, SKY, PERSON, CAR = (
    find_class(n).id for n in ("road", "building", "pole", "sky", "person", "car")
)
HEIGHT, WIDTH = 180, 320
Pair = tuple[Mask, Mask]


def scene() -> Mask:
    """Sky over building over road, with a car, a person and three poles that are four pixels wide."""
    mask = np.full((HEIGHT, WIDTH), ROAD, np.uint8)
    mask[:60], mask[60:100] = SKY, BUILDING
    mask[100:140, 40:110], mask[90:140, 200:220] = CAR, PERSON
    for x in (20, 150, 290):
        mask[40:130, x : x + 4] = POLE
    return mask


def renamed(mask: Mask, names: dict[int, int]) -> Mask:
    table = np.arange(256, dtype=np.uint8)
    for old, new in names.items():
        table[old] = new
    return table[mask]


def diagnosed(
    pairs: Sequence[Pair],
    size: tuple[int, int] = (HEIGHT, WIDTH),
    train: tuple[int, Sequence[int]] | None = None,
    suspect: Sequence[tuple[int, float]] | None = None,
    brightness: Sequence[float] = (),
) -> Diagnosis:
    """What is said of these masks and predictions."""
    counts = np.zeros((len(pairs), NUM_CLASSES, NUM_CLASSES), np.uint32)
    details = no_details()
    for n, (actual, predicted) in enumerate(pairs):
        np.add.at(counts[n], (actual.ravel(), predicted.ravel()), 1)
        details += details_of(actual, predicted, size)
    light = np.asarray(brightness or np.linspace(0, 1, len(pairs)), np.float32)
    names = tuple(b"%d.jpg" % n for n in range(len(pairs)))
    found = PerImage(names, counts, np.zeros((len(pairs), 3, 20), np.uint32), light, light)
    total = found.total()
    figures = scores(total)
    evaluation = Evaluation(
        run="0001-x", checkpoint="best", split="val", images=len(pairs), pixel_accuracy=figures.pixel_accuracy,
        miou19=figures.miou19, miou20=figures.miou20, classes=(), confusion=tuple(tuple(row) for row in total.tolist()),
        left_out=0, folder=Path(), raw={},
    )  # fmt: skip
    return diagnosis_of(evaluation, size, found, details, train, suspect)


def kinds(found: ClassDiagnosis) -> list[str]:
    return [f.kind for f in found.findings]


def test_nothing_stands_out_where_all_is_right() -> None:
    found = diagnosed([(scene(), scene())])
    assert kinds(found.classes[CAR]) == kinds(found.classes[POLE]) == ["fine"]
    assert found.classes[CAR].offset_px == 0


def test_a_class_that_no_label_has_is_absent_and_one_that_is_never_called_so_is_named() -> None:
    found = diagnosed([(scene(), renamed(scene(), {PERSON: CAR}))])
    train = found.classes[find_class("train").id]
    assert kinds(train) == ["absent"] and "absent from val" in train.line
    assert kinds(found.classes[PERSON])[:2] == ["never predicted", "taken for"]
    assert "taken for car in 100 %" in found.classes[PERSON].line


def test_ids_that_are_shifted_by_one_are_told_from_a_model_that_takes_one_class_for_its_neighbour() -> None:
    ids = list(range(1, 18))
    mask = np.repeat(np.asarray(ids, np.uint8), 20)[None].repeat(HEIGHT, 0)
    shifted = diagnosed([(mask, mask + 1)])
    assert {kinds(shifted.classes[c])[0] for c in ids} == {"shifted"}
    assert "shifted by +1" in shifted.classes[5].line
    weak = diagnosed([(mask, renamed(mask, {1: 2, 12: 11, 14: 13}))])
    assert "shifted" not in {kind for c in weak.classes for kind in kinds(c)}


def test_two_ids_that_were_swapped_are_named_for_both() -> None:
    found = diagnosed([(scene(), renamed(scene(), {CAR: PERSON, PERSON: CAR}))])
    assert kinds(found.classes[CAR])[0] == kinds(found.classes[PERSON])[0] == "swapped"
    assert "swapped with person's" in found.classes[CAR].line


@pytest.mark.parametrize(("grown", "kind"), [(3, "too fat"), (-3, "too thin")])
def test_a_boundary_is_so_many_pixels_outside_or_inside_as_a_prediction_was_grown_or_shrunk(
    grown: int, kind: str
) -> None:
    actual = scene()
    predicted = renamed(actual, {CAR: ROAD})
    predicted[100 - grown : 140 + grown, 40 - grown : 110 + grown] = CAR
    found = diagnosed([(actual, predicted)]).classes[CAR]
    assert kind in kinds(found)
    assert found.offset_px == pytest.approx(grown, abs=0.25)
    at_half = diagnosed([(actual, predicted)], (HEIGHT // 2, WIDTH // 2)).classes[CAR]
    assert at_half.offset_px == pytest.approx(grown / 2, abs=0.15)


def test_a_thin_object_that_is_merely_moved_is_neither_fat_nor_thin() -> None:
    found = diagnosed([(scene(), np.roll(scene(), 4, axis=1))]).classes[POLE]
    assert found.offset_px == pytest.approx(0, abs=0.05)


def test_poles_of_a_pixel_at_the_models_size_are_lost_there_and_those_of_four_are_not() -> None:
    whole, quarter = (diagnosed([(scene(), scene())], size).classes for size in ((180, 320), (45, 80)))
    assert "resolution" not in kinds(whole[POLE])
    assert "resolution" in kinds(quarter[POLE]) and "lost at 80x45: 100 % of its objects" in quarter[POLE].line
    assert "resolution" not in kinds(quarter[CAR])


def test_a_label_loses_at_the_models_size_what_no_pixel_of_it_has_there() -> None:
    checkered = np.where(np.indices((HEIGHT, WIDTH)).sum(axis=0) // 2 % 2, POLE, ROAD).astype(np.uint8)
    details = details_of(checkered, checkered, (HEIGHT // 4, WIDTH // 4))
    both, label, back = details.reduced[:, POLE]
    assert both / (label + back - both) < 0.6
    assert details_of(checkered, checkered, (HEIGHT, WIDTH)).reduced[:, POLE].tolist() == [label] * 3


def test_recall_is_told_by_size_height_and_brightness() -> None:
    actual = np.full((HEIGHT, WIDTH), ROAD, np.uint8)
    actual[100:160, 40:140] = CAR  # large, in the lower half
    actual[20:60:5, 200:202] = CAR  # eight tiny ones in the upper half, of two pixels each
    predicted = actual.copy()
    predicted[:80] = ROAD
    found = diagnosed([(actual, predicted), (actual, actual), (actual, actual)], brightness=(0.1, 0.5, 0.9))
    car = found.classes[CAR]
    assert [p.recall for p in car.by_size] == [pytest.approx(2 / 3), None, None, 1.0]
    assert [p.pixels for p in car.by_size] == [48, 0, 0, 18000]
    assert car.by_height[0].recall == 1.0 and car.by_height[4].recall == pytest.approx(2 / 3)
    assert [p.recall for p in car.by_brightness] == [pytest.approx(6000 / 6016), 1.0, 1.0]


def test_pooled_and_per_image_means_differ_where_one_image_has_most_of_a_class() -> None:
    small, large = scene(), np.full((HEIGHT, WIDTH), CAR, np.uint8)
    found = diagnosed([(small, renamed(small, {CAR: ROAD})), (large, large)])
    area = HEIGHT * WIDTH
    assert found.classes[CAR].iou == pytest.approx(area / (area + 70 * 40))
    assert found.classes[CAR].iou_per_image == pytest.approx(0.5)
    assert "pooled, " in "\n".join(diagnosis_lines(found))


def test_few_images_are_named_with_an_estimate_where_iou_grows_with_images_and_else_not() -> None:
    images = [10, 20, 50, 100, 200, 500, 1000, 2000, 4000]
    ious = [0.1 * np.log10(n) for n in images]
    first, *_, last = images_needed(images, ious, 5000)
    assert first is not None and first.images == 200 and first.target == pytest.approx(0.1 * np.log10(200))
    assert last is None
    assert images_needed(images, ious, 150)[0] == first.__class__(None, first.target, 9, first.correlation)
    assert images_needed(images, ious[::-1], 5000) == [None] * 9
    assert images_needed([1] * 9, ious, 5000) == images_needed(images, [0.3] * 9, 5000) == [None] * 9


def test_labels_that_a_model_contradicts_are_named_with_their_share() -> None:
    suspect = [(0, 0.0)] * NUM_CLASSES
    suspect[CAR] = (12, 0.2)
    found = diagnosed([(scene(), scene())], suspect=suspect)
    assert "a model contradicts 12 areas, 20.0 % of its pixels" in found.classes[CAR].line
    assert kinds(found.classes[ROAD]) == ["fine"]


def test_unknown_pixels_are_left_out_and_give_no_boundary() -> None:
    actual = scene()
    actual[:, 160:] = 19
    predicted = scene()
    details = details_of(actual, predicted, (HEIGHT, WIDTH))
    assert details.bands[1].sum() == HEIGHT * 160 and details.bands[1, 19].sum() == 0
    assert details.sizes[3].sum() == 0
    assert details.offset[0, ROAD] == pytest.approx(0)


def test_details_come_back_as_they_were_written_and_damaged_ones_are_an_error(tmp_path: Path) -> None:
    found = details_of(scene(), np.roll(scene(), 2, axis=0), (90, 160))
    write_details(tmp_path, found)
    back = load_details(tmp_path)
    assert back is not None and back.images == 1
    assert all(np.array_equal(getattr(back, n), getattr(found, n)) for n in ("sizes", "bands", "thin", "offset"))
    assert load_details(tmp_path / "none") is None
    (tmp_path / "class-details.json").write_text('{"images": 1, "sizes": [[1]]}')
    with pytest.raises(BddsegError, match="damaged"):
        load_details(tmp_path)
