"""Label errors that are known by construction: areas relabelled, ids swapped; and what is none: boundaries, habits."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bddseg_tui.core.data.area_runs import unpacked
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.label_areas import Grid, numbered, place_prior, soft_minimum
from bddseg_tui.core.quality.label_error_search import folds_of
from bddseg_tui.core.quality.label_evidence import EvidenceBuilder, FoldEvidence, read_evidence, write_evidence
from bddseg_tui.core.quality.label_findings import SUSPECT, find, read_findings, write_findings
from bddseg_tui.core.quality.label_ranking import rank
from bddseg_tui.core.quality.suspect_runs import suspect_areas

ROAD, SIDEWALK, VEGETATION, TERRAIN, SKY = 0, 1, 8, 9, 10
GRID = Grid(32, 64)
Ids = NDArray[np.uint8]


def scene(number: int) -> Ids:
    """Sky, vegetation and road, with a sidewalk on the left."""
    ids = np.full((32, 64), SKY, np.uint8)
    ids[10 + number % 3 :] = VEGETATION
    ids[16 + number % 2 :] = ROAD
    ids[20:, :10] = SIDEWALK
    return ids


def says(ids: Ids, sure: float = 0.9) -> NDArray[np.float32]:
    """A model that is so sure of these class ids, and of no other more than of the rest."""
    probabilities = np.full((20, *ids.shape), (1 - sure) / 19, np.float32)
    np.put_along_axis(probabilities, ids[None].astype(np.intp), sure, axis=0)
    return probabilities


def planted() -> tuple[FoldEvidence, dict[int, tuple[int, int]]]:
    """Sixty masks of which four are wrong, and (given, predicted) of these; half of the rest are a cell too high.

    The model takes a third of the grass beside the road for vegetation: a habit, and no error.
    """
    wrong = {7: (SIDEWALK, ROAD), 20: (SKY, ROAD), 31: (ROAD, SKY), 44: (SIDEWALK, ROAD)}
    pairs = []
    for number in range(60):
        true = scene(number)
        given = true.copy()
        model = np.roll(true, -1, axis=0) if number % 2 else true.copy()
        if number % 3 == 0:
            given[11:15, 30:50], model[11:15, 30:50] = TERRAIN, VEGETATION
        elif number % 3 == 1:
            given[11:15, 30:50] = model[11:15, 30:50] = TERRAIN
        if number in wrong:
            was, now = wrong[number][1], wrong[number][0]
            part = np.zeros(true.shape, bool)
            part[:, 20:44] = True
            given[(true == was) & part] = now
            model = true
        pairs.append((given, model))
    prior = place_prior([given for given, _ in pairs], GRID)
    builder = EvidenceBuilder(GRID)
    for number, (given, model) in enumerate(pairs):
        builder.add(b"train/%02d.jpg" % number, given, says(model), prior)
    return builder.evidence(), wrong


def test_relabelled_areas_come_first_with_their_classes_and_boundaries_and_habits_behind_them(tmp_path: Path) -> None:
    evidence, wrong = planted()
    write_evidence(tmp_path, evidence)
    fold = read_evidence(tmp_path)
    assert fold.images == evidence.images and (fold.areas == evidence.areas).all()
    findings = find([fold], rank([fold]), "1 fold", 1.0)
    worst = {f.sample: (f.given, f.predicted) for f in findings.images[:4]}
    assert worst == {f"train/{number:02}.jpg": pair for number, pair in wrong.items()}
    assert findings.images[3].score < SUSPECT < findings.images[4].score and findings.suspect == 4
    assert (findings.swaps[0].given, findings.swaps[0].predicted) == (SIDEWALK, ROAD)
    assert findings.swaps[0].images == 2 and len(findings.swaps) == 3
    write_findings(tmp_path, findings)
    assert read_findings(tmp_path) == findings


def test_an_area_is_told_in_pixels_of_the_mask_that_have_its_label(tmp_path: Path) -> None:
    evidence, _ = planted()
    ids = np.kron(evidence.given[20], np.ones((5, 3), np.uint8))
    inside = np.kron(evidence.predicted[20] != evidence.given[20], np.ones((5, 3), bool))
    ids[120, 90] = SIDEWALK
    Image.fromarray(ids).save(mask := tmp_path / "mask.png")
    masks = {evidence.images[20]: mask, evidence.images[7]: tmp_path / "gone.png"}
    (area,) = suspect_areas([evidence], rank([evidence]), masks, SUSPECT, lambda: None)
    marked = np.zeros(ids.shape, bool)
    for row, first, end in unpacked(area.rows):
        marked[row, first:end] = True
    assert (marked == inside & (ids == SKY)).all() and area.pixels == marked.sum() == inside.sum() - 1
    assert (area.sample, area.given, area.predicted) == ("train/20.jpg", SKY, ROAD) and area.score < SUSPECT


def test_areas_touch_at_corners_too_and_are_numbered_alike_each_time() -> None:
    given, predicted = np.zeros((4, 6), np.uint8), np.zeros((4, 6), np.uint8)
    predicted[0, 0] = predicted[1, 1] = 5
    predicted[3, 5] = 5
    predicted[1, 2] = 7
    numbers, codes = numbered(given, predicted)
    assert numbers[0, 0] == numbers[1, 1] and len({*numbers[predicted > 0].tolist()}) == 3
    assert codes.tolist() == [5, 5, 7] and numbers.max() == 3 and (numbers[predicted == 0] == 0).all()


def test_the_soft_minimum_follows_the_least_probable_cells() -> None:
    ids = scene(0)
    sure = soft_minimum(ids, says(ids))
    few, many = ids.copy(), ids.copy()
    few[0, :3], many[:5] = ROAD, ROAD
    assert sure == pytest.approx(0.9) and sure > soft_minimum(few, says(ids)) > soft_minimum(many, says(ids))


def test_frames_of_one_drive_are_in_one_fold_and_no_name_makes_a_fold_of_all() -> None:
    def samples(names: list[str]) -> list[Sample]:
        return [Sample("train", Path("x") / f"{name}.jpg", Path("m.png")) for name in names]

    drives = [f"{drive:08x}-{frame:04}" for drive in range(40) for frame in range(3)]
    found = folds_of(samples(drives), 4)
    by_drive = {drive: {found[Path("x") / f"{drive:08x}-{frame:04}.jpg"] for frame in range(3)} for drive in range(40)}
    assert all(len(folds) == 1 for folds in by_drive.values()) and set(found.values()) == {1, 2, 3, 4}
    assert len(set(folds_of(samples([f"frame-{number}" for number in range(40)]), 4).values())) == 4


def test_damaged_evidence_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "evidence.npz").write_bytes(os.urandom(200))
    with pytest.raises(BddsegError, match="search label errors anew"):
        read_evidence(tmp_path)
