"""From cosines to confidence: how sure one may be that an image shows what was asked for.

There is no universal threshold: an index of a labelled dataset is calibrated on its masks (`calibrate`), and here is
what its regressions look at. Without masks there are only priors. A model trained with the sigmoid loss says
sigmoid(scale * cosine + bias), which its authors' own examples of perfect matches show to be low by a constant. For any
other the query's own distribution over the dataset is looked at: two Gaussians, of images that fit and of all others
(Bejnordi et al. do so for driving data, arXiv 2404.05309), and where two explain it no better than one, nothing stands
out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.index.cosine_mixture import Fitting
from bddseg_tui.index.logistic import Numbers

BEST_RISING = (0, 1, 2)
"""The features of `best_features` that may not count against a fit."""
Scores = NDArray[np.float32]
_SAMPLE = 20_000
_STEPS = 60
_FEWEST = 16
"""With fewer images than this no distribution can be told."""


@dataclass(frozen=True)
class Mixture:
    """Two Gaussians over cosines: (weight, mean, deviation) of the rest and of what fits; `one` where one is enough."""

    rest: tuple[float, float, float]
    fit: tuple[float, float, float]
    one: bool

    def confidence(self, scores: Scores) -> Scores:
        """Probability, float32 0..1, that a score belongs to what fits."""
        if self.one:
            # One hump: only what lies far above all of it is worth anything.
            _, mean, deviation = self.rest
            z = (scores - mean) / max(deviation, 1e-6)
            return np.asarray(1 / (1 + np.exp(-(z - 4.5) * 2)), np.float32)
        rest, fit = (_density(scores, *part) for part in (self.rest, self.fit))
        share = fit / np.maximum(rest + fit, 1e-30)
        # Far above both, the wider Gaussian would win, whichever it is; a higher cosine is never a worse fit.
        share = np.where(scores >= self.fit[1], np.maximum(share, 0.5 + 0.5 * (self.fit[0] < 1)), share)
        share = np.where(scores <= self.rest[1], 0.0, share)
        return np.asarray(share, np.float32)


def fit_mixture(scores: Scores, seed: int = 0) -> Mixture:
    """Fits one and two Gaussians by expectation maximisation; the Bayesian information criterion chooses."""
    if len(scores) > _SAMPLE:
        scores = np.random.default_rng(seed).choice(scores, _SAMPLE, replace=False)
    x = scores.astype(np.float64)
    mean, deviation = float(x.mean()), max(float(x.std()), 1e-6)
    single = Mixture((1.0, mean, deviation), (0.0, mean, deviation), True)
    if len(x) < _FEWEST:
        return single
    top = np.quantile(x, 0.95)
    weight, means, deviations = np.array([0.9, 0.1]), np.array([mean, float(top)]), np.array([deviation, deviation / 2])
    floor = deviation * 0.05
    for _ in range(_STEPS):
        parts = np.stack([_density(x, weight[k], means[k], deviations[k]) for k in (0, 1)])
        total = np.maximum(parts.sum(0), 1e-300)
        duty = parts / total
        mass = np.maximum(duty.sum(1), 1e-9)
        weight, means = mass / len(x), (duty @ x) / mass
        deviations = np.maximum(np.sqrt((duty * (x[None] - means[:, None]) ** 2).sum(1) / mass), floor)
    low, high = np.argsort(means)
    gain = np.log(total).sum() - np.log(np.maximum(_density(x, 1.0, mean, deviation), 1e-300)).sum()
    apart = (means[high] - means[low]) / np.sqrt(deviations[0] * deviations[1])
    enough = 2 * gain > 3 * np.log(len(x)) and apart > 2.0 and weight[high] < 0.7
    part = [(float(weight[k]), float(means[k]), float(deviations[k])) for k in (low, high)]
    return Mixture(part[0], part[1], False) if enough else single


def sigmoid_confidence(scores: Scores, scale: float, bias: float) -> Scores:
    """The probability that a model trained with the pairwise sigmoid loss gives to a cosine."""
    return np.asarray(1 / (1 + np.exp(-(scale * scores + bias))), np.float32)


def pair_features(cosines: NDArray[Any], judged: Fitting) -> Numbers:
    """float64 [n, 2] of images of one search, whatever their rank."""
    return np.stack([cosines, _logit(judged.chance(cosines))], 1).astype(np.float64)


def best_features(
    cosines: NDArray[Any], everything: NDArray[Any], judged: Fitting, among: NDArray[Any] | None = None
) -> Numbers:
    """float64 [n, 5] of the best images of one search.

    Args:
        cosines: [n] of the images that are judged.
        everything: [N] of all images of the dataset, or of a sample of them.
        judged: what `cosine_mixture.fitting` makes of these.
        among: [M] of all images that may be found; None where these are `everything`.
    """
    among = everything if among is None else among
    few = min(5, max(1, len(among) // 10))
    top = float(np.partition(among, len(among) - few)[-few:].mean())
    same = np.ones(len(cosines))
    parts = [cosines, top * same, _logit(judged.chance(cosines)), everything.mean() * same]
    return np.stack([*parts, (everything.std() + 1e-4) * same], 1).astype(np.float64)


def _logit(chance: Numbers) -> Numbers:
    bounded = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _density(x: NDArray[Any], weight: float, mean: float, deviation: float) -> NDArray[np.float64]:
    z = (x - mean) / deviation
    return np.asarray(weight * np.exp(-0.5 * z * z) / (deviation * np.sqrt(2 * np.pi)))
