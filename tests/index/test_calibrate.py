"""From cosines to confidence."""

import numpy as np

from bddseg_tui.index.confidence import fit_mixture, sigmoid_confidence


def test_two_humps_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    rest, fit = rng.normal(0.15, 0.02, 950), rng.normal(0.28, 0.02, 50)
    mixture = fit_mixture(np.concatenate([rest, fit]).astype(np.float32))
    assert not mixture.one
    sure = mixture.confidence(np.asarray([0.15, 0.20, 0.28, 0.40], np.float32))
    assert sure[0] < 0.01 and sure[1] < 0.5 < sure[2] and sure[3] > 0.9


def test_one_hump_fits_nothing() -> None:
    scores = np.random.default_rng(1).normal(0.2, 0.02, 1000).astype(np.float32)
    mixture = fit_mixture(scores)
    assert mixture.one and mixture.confidence(scores).max() < 0.5


def test_one_image_far_above_all_others_stands_out() -> None:
    scores = np.random.default_rng(2).normal(0.2, 0.01, 1000).astype(np.float32)
    assert fit_mixture(scores).confidence(np.asarray([0.30], np.float32))[0] > 0.9


def test_a_few_scores_are_no_distribution() -> None:
    assert fit_mixture(np.asarray([0.1, 0.3], np.float32)).one


def test_confidence_never_falls_as_the_cosine_rises_beyond_the_fitting_hump() -> None:
    rng = np.random.default_rng(3)
    scores = np.concatenate([rng.normal(0.1, 0.05, 800), rng.normal(0.35, 0.01, 80)]).astype(np.float32)
    sure = fit_mixture(scores).confidence(np.linspace(0.36, 0.9, 50).astype(np.float32))
    assert (sure > 0.5).all()


def test_the_sigmoid_of_a_model_is_its_probability() -> None:
    found = sigmoid_confidence(np.asarray([0.4, 0.5], np.float32), 10.0, -4.0)
    assert np.allclose(found, [0.5, 1 / (1 + np.exp(-1))], atol=1e-6)
