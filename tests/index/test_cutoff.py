"""When it is said that an image fits, that none does, and that nobody can tell: calibrated on masks, and without."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.retrieval_cutoff import draw_cosines
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.demo.generate import generate
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.calibration import ClassRecord, verdict
from bddseg_tui.core.retrieval.compare import compare_indexes
from bddseg_tui.core.retrieval.manifest import Manifest, read_manifest
from bddseg_tui.index.build import build_index
from bddseg_tui.index.calibrate import calibrate, measured
from bddseg_tui.index.calibration_form import read_calibration
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.confidence import best_features, fit_mixture
from bddseg_tui.index.cosine_mixture import fitting
from bddseg_tui.index.judgement import Judgement
from bddseg_tui.index.logistic import fit_logistic
from bddseg_tui.index.ranking_measures import area_under_roc, average_precision
from bddseg_tui.index.search import open_searcher
from bddseg_tui.index.search_language import Phrase


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, clip: Clip) -> tuple[Path, Path]:
    """A drawn dataset with masks enough for a calibration, and its index."""
    root = tmp_path_factory.mktemp("labelled") / "demo"
    generate(root, {"train": 32, "val": 12, "test": 1}, (160, 90), seed=11, workers=1)
    build_index(open_dataset(root), clip, root.parent / "index", lambda *_: None)
    return root, root.parent / "index"


def replace_precision(record: ClassRecord, factor: float) -> ClassRecord:
    return {**record, "average_precision": factor * record["average_precision"]}


def manifest_of(folder: Path) -> Manifest:
    found = read_manifest(folder)
    assert found is not None
    return found


def test_on_cosines_of_a_softmax_clip_what_many_few_and_no_images_show_is_told_apart() -> None:
    rng = np.random.default_rng(4)
    calibration = read_calibration(
        calibrate([str(k) for k in range(10)], *draw_cosines(rng, 10, (0.95, 0.7, 0.3, 0.1, 0.05), 400))
    )
    assert calibration is not None
    cosines, truth = draw_cosines(rng, 45, (0.92, 0.03, 0.0), 400)
    found: list[tuple[float, bool, bool]] = []
    for k in range(45):
        mine, top = cosines[:, k], int(cosines[:, k].argmax())
        features = best_features(mine[[top]], mine, fitting(calibration.prior, mine))
        found.append((float(calibration.best.probability(features)[0]), bool(truth[top, k]), bool(truth[:, k].any())))
    error = measured(found)
    assert error["nothing"] <= 0.04 and error["fits"] <= 0.4 and error["calibration"] <= 0.15, error
    # Two Gaussians of the search alone take what nearly all images show for what none does.
    many = [fit_mixture(m.astype(np.float32)).confidence(m.astype(np.float32)).max() for m in cosines.T[::3]]
    assert np.mean(np.asarray(many) < 0.4) > 0.5


def test_an_index_of_a_labelled_dataset_is_calibrated_and_says_how_well(labelled: tuple[Path, Path]) -> None:
    found = manifest_of(labelled[1]).calibration
    assert found is not None and found["images"] == 44 and found["error"]["searches"] > 20
    car = next(c for c in found["classes"] if c["name"] == "car")
    assert car["average_precision"] > 0.9 and 0 < found["mean_average_precision"] < 1


def test_building_again_keeps_a_calibration_until_a_mask_changes(labelled: tuple[Path, Path], clip: Clip) -> None:
    root, folder = labelled
    phases: list[str] = []
    build_index(open_dataset(root), clip, folder, lambda phase, *_: phases.append(phase))
    assert "calibrate" not in phases
    next(root.rglob("masks/val/*.png")).touch()
    build_index(open_dataset(root), clip, folder, lambda phase, *_: phases.append(phase))
    assert "calibrate" in phases


def test_an_index_of_an_earlier_version_opens_and_is_calibrated_at_the_next_update(
    labelled: tuple[Path, Path], clip: Clip
) -> None:
    root, folder = labelled
    raw: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    del raw["calibration"]
    (folder / "manifest.json").write_text(json.dumps(raw))
    hits = open_searcher(folder, clip).by_phrases([Phrase("unicorn")], 1)
    assert hits[0].verdict != "nothing"
    build_index(open_dataset(root), clip, folder, lambda *_: None)
    assert open_searcher(folder, clip).calibration is not None


def test_a_clip_without_bias_answers_what_is_there_once_it_is_calibrated(
    labelled: tuple[Path, Path], clip: Clip
) -> None:
    searcher = open_searcher(labelled[1], clip)
    plain = replace(searcher, clip=replace(clip, bias=None))
    for words in ("car", "daytime", "city street", "night"):
        assert plain.by_phrases([Phrase(words)], 1)[0].verdict == "fits", words
        assert replace(plain, calibration=None).by_phrases([Phrase(words)], 1)[0].verdict == "unsure"


def test_without_masks_it_is_never_said_that_nothing_fits() -> None:
    assert verdict(0.0, calibrated=False) == "unsure" and verdict(0.0, calibrated=True) == "nothing"
    assert verdict(0.9, calibrated=False) == "fits"


def test_nothing_fits_is_not_said_of_several_words_where_some_image_may_show_them_all(
    labelled: tuple[Path, Path], clip: Clip
) -> None:
    one = np.zeros((1, 2), np.float32)
    found = Judgement(one, one[:, 0], True, True, some=0.4)
    assert found.verdict(0.02, best=True) == "unsure" and found.verdict(0.02) == "nothing"
    assert replace(found, some=0.02).verdict(0.02, best=True) == "nothing"
    searcher = open_searcher(labelled[1], clip)
    for words in (("car", "night"), ("daytime", "building")):
        assert searcher.by_phrases([Phrase(w) for w in words], 1)[0].verdict != "nothing", words


def test_two_indexes_are_compared_by_class(labelled: tuple[Path, Path]) -> None:
    found = manifest_of(labelled[1])
    assert found.calibration is not None
    worse = [replace_precision(c, 0.5) for c in found.calibration["classes"]]
    other = replace(found, calibration={**found.calibration, "classes": worse})
    rows = compare_indexes(other, found)
    assert rows and rows[0].difference == max(r.difference for r in rows) > 0
    with pytest.raises(BddsegError, match="no masks"):
        compare_indexes(found, replace(found, calibration=None, uncalibrated="no masks"))


def test_a_logistic_regression_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (300, 3)) * (1, 5, 0.1)
    y = (rng.random(300) < 1 / (1 + np.exp(-x @ (1, 0.3, -8)))).astype(float)
    mine = fit_logistic(x, y, np.ones(300), 2.0)
    theirs = LogisticRegression(C=0.5, tol=1e-9).fit((x - x.mean(0)) / x.std(0), y)
    assert np.allclose(mine.weights, theirs.coef_[0], atol=1e-4) and abs(mine.bias - theirs.intercept_[0]) < 1e-4


def test_a_feature_that_may_not_count_against_a_fit_counts_for_nothing() -> None:
    x = np.random.default_rng(1).normal(0, 1, (200, 2))
    found = fit_logistic(x, (x[:, 0] < 0).astype(float), np.ones(200), 1.0, rising=(0,))
    assert found.weights[0] == 0


def test_ranking_is_measured_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(2)
    scores, truth = rng.integers(0, 30, 200) / 30, rng.random(200) < 0.3
    shown, absent = scores[truth], scores[~truth]
    assert average_precision(shown, absent) == pytest.approx(average_precision_score(truth, scores))
    assert area_under_roc(shown, absent) == pytest.approx(roc_auc_score(truth, scores))
