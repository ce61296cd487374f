"""How surely the images of a search fit: by the index's calibration, or, where it has none, by a prior."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.retrieval.calibration import NOTHING_BELOW, Verdict, verdict
from bddseg_tui.index.calibration_form import Calibration
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.confidence import best_features, fit_mixture, pair_features, sigmoid_confidence
from bddseg_tui.index.cosine_mixture import fitting
from bddseg_tui.index.vector_types import Vectors

_WEB_SCALE = 50.0
"""Sigmoid models of the web's pairs have a scale above 100, whose probabilities are low by a constant."""
_WEB_SHIFT, _WEB_SLOPE = 4.0, 0.7
"""Of their logits: what their authors show as perfect matches, at 10 to 32 %, becomes 78 to 91 %."""

_SEVERAL_FIT, _SEVERAL_SOME = (0.73, 0.55, -0.69, 0.86), (0.18, 1.02, -1.65, 3.8)
"""Of several phrases, weights of `_several_features` and a bias: that an image fits all of them, and that some image
does. Fitted on drawn scenes of another seed than those that `benchmarks.retrieval_cutoff` measures with."""


@dataclass(frozen=True)
class Judgement:
    """Of n images and P phrases.

    Attributes:
        ranks: float [n, P], 0..1: by what the images are brought into order.
        sure: float [n], 0..1: how surely an image that is among the best fits all phrases.
        some: 0..1, how surely any image fits; None where that is as sure as that the best one does.
        can_fit, can_refuse: whether "it fits" and "nothing fits" may be said at all.
    """

    ranks: Vectors
    sure: Vectors
    can_fit: bool
    can_refuse: bool
    some: float | None = None

    def verdict(self, sure: float, best: bool = False) -> Verdict:
        """What may be said of an image that fits this surely (0..1); of the `best` one, whether nothing fits."""
        said = verdict(sure, self.can_refuse)
        if said == "nothing" and best and self.some is not None and self.some >= NOTHING_BELOW:
            # The best may be the wrong one while another fits.
            return "unsure"
        return said if self.can_fit or said != "fits" else "unsure"


def judge(
    clip: Clip, calibration: Calibration | None, cosines: Vectors, spread: Vectors, weights: Vectors, among: int
) -> Judgement:
    """Judges the images of a search.

    Args:
        cosines: [n, P] of the images that may be found.
        spread: [N, P] of all images of the dataset, or of a sample of them.
        weights: [P]; a negative one is of a phrase that must not be there.
        among: how many images may be found; those that a graph left out do not fit.
    """
    positive = weights > 0
    if calibration is None:
        ranks = _prior(clip, cosines, spread)
        oriented = np.where(positive, ranks if clip.bias is None else _unshifted(clip, ranks), 1 - ranks)
        return Judgement(ranks, _together(oriented), clip.bias is not None, False)
    pairs, best = [], []
    for k in range(cosines.shape[1]):
        mine = cosines[:, k].astype(np.float64)
        judged = fitting(calibration.prior, spread[:, k])
        pairs.append(calibration.pairs.probability(pair_features(mine, judged)))
        best.append(calibration.best.probability(best_features(mine, spread[:, k], judged, among=mine)))
    pair = np.stack(pairs, 1).astype(np.float32)
    own = sigmoid_confidence(cosines, clip.scale, clip.bias) if clip.bias is not None else pair
    oriented = np.where(positive, own if calibration.own else pair, 1 - (own if calibration.own else pair))
    if len(weights) == 1 and positive[0]:
        return Judgement(own, np.asarray(best[0], np.float32), True, True)
    features = _several_features(oriented, among)
    sure, some = (_sigmoid(features @ np.asarray(w[:-1]) + w[-1]) for w in (_SEVERAL_FIT, _SEVERAL_SOME))
    return Judgement(own, sure, True, True, float(some.max()))


def _several_features(oriented: Vectors, among: int) -> NDArray[np.float64]:
    """float64 [n, 3]: by the phrases together, how many images fit all of them, and among how many."""
    bounded = _together(oriented).astype(np.float64).clip(1e-4, 1 - 1e-4)
    all_of_them = float(np.log(oriented.prod(1).sum() + 1e-3))
    same = np.ones(len(bounded))
    return np.stack([np.log(bounded / (1 - bounded)), all_of_them * same, np.log10(max(among, 1)) * same], 1)


def _sigmoid(logit: NDArray[np.float64]) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)


def _together(oriented: NDArray[Any]) -> Vectors:
    """float32 [n]: of several phrases [n, P]. Their errors go partly together: between the product and the least."""
    power = 1 / np.sqrt(oriented.shape[1])
    return np.asarray(np.exp(np.log(oriented.clip(1e-9, 1)).sum(1) * power), np.float32)


def _prior(clip: Clip, cosines: Vectors, spread: Vectors) -> Vectors:
    if clip.bias is not None:
        return sigmoid_confidence(cosines, clip.scale, clip.bias)
    parts = [fit_mixture(spread[:, k]).confidence(cosines[:, k]) for k in range(cosines.shape[1])]
    return np.stack(parts, axis=1)


def _unshifted(clip: Clip, chance: Vectors) -> Vectors:
    if clip.scale < _WEB_SCALE:
        return chance
    bounded = chance.astype(np.float64).clip(1e-12, 1 - 1e-12)
    logit = (np.log(bounded / (1 - bounded)) + _WEB_SHIFT) * _WEB_SLOPE
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)
