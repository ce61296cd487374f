"""Logistic regression on a few features: Newton's method with a ridge, which is all that a calibration asks for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_STEPS = 60
_STEEPEST = 30.0


@dataclass(frozen=True)
class Logistic:
    """sigmoid(weights . standardised features + bias); arrays of length F, the number of features."""

    mean: Numbers
    deviation: Numbers
    weights: Numbers
    bias: float

    def probability(self, features: NDArray[Any]) -> Numbers:
        """float64 [n], 0..1, of features [n, F]."""
        logit = (features - self.mean) / self.deviation @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(logit, -_STEEPEST, _STEEPEST))))


def fit_logistic(
    features: Numbers, labels: Numbers, weight: Numbers, ridge: float, rising: tuple[int, ...] = ()
) -> Logistic:
    """Fits labels (0 or 1) [n] by features [n, F], each sample with its weight [n].

    Args:
        ridge: strength of the pull of the weights of standardised features to 0; the bias is not pulled.
        rising: features that may not count against a fit: where one would, it counts for nothing.
    """
    mean = np.average(features, 0, weight)
    deviation = np.sqrt(np.average((features - mean) ** 2, 0, weight)) + 1e-9
    scaled = np.c_[(features - mean) / deviation, np.ones(len(features))]
    used = np.ones(scaled.shape[1], bool)
    while True:
        found = np.zeros(scaled.shape[1])
        found[used] = _newton(scaled[:, used], labels, weight, ridge)
        against = [k for k in rising if found[k] < 0]
        if not against:
            return Logistic(mean, deviation, found[:-1], float(found[-1]))
        used[against] = False


def _newton(scaled: Numbers, labels: Numbers, weight: Numbers, ridge: float) -> Numbers:
    pull = np.full(scaled.shape[1], ridge)
    pull[-1] = 1e-6
    found = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ found, -_STEEPEST, _STEEPEST)))
        slope = scaled.T @ (weight * (chance - labels)) + pull * found
        curve = (scaled * (weight * chance * (1 - chance))[:, None]).T @ scaled + np.diag(pull + 1e-9)
        step = np.linalg.solve(curve, slope)
        found = found - step
        if np.abs(step).max() < 1e-7:
            break
    return found
