"""Which of a search's cosines belong to images that fit, judged by what cosines of other words looked like.

The cosines of one search are a mixture of images that fit and images that do not; how many fit may be none, a few or
nearly all, which the shape of the mixture alone cannot tell: one hump is "all" as well as "none". How far apart the
two parts lie, where they lie and how wide they are is known of other words, whose truth the masks of the dataset tell.
That is the prior; where a search's own cosines leave it open, the answer stays open too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.index.logistic import Numbers

_SHARES = (0.0, 0.0005, 0.001, 0.003, 0.01, 0.03, 0.08, 0.2, 0.4, 0.6, 0.8, 0.92, 0.97, 1.0)
_SHARE_PRIOR = np.asarray([0.25, *[0.7 / 12] * 12, 0.05])
"""Shares of images that fit, and how probable each is before a look at the cosines: none fits in a quarter."""
_EVIDENCE = 100
"""As many images count as evidence at most: the model of two parts is not so true that thousands should decide."""
_BINS = 120
_GRID = np.linspace(-8, 8, 161)
_SMOOTHING = 0.3
_SHRINK = 4.0
"""Images that the overall spread of a class counts for, beside its own few."""


@dataclass(frozen=True)
class CosinePrior:
    """What the cosines of a word look like, learnt from words whose truth is known.

    Attributes:
        mean, covariance: float64 [3] and [3, 3] over words, of (mean cosine of images that do not fit, by how much
            those that fit lie higher, logarithm of the deviation of those that do not).
        ratio: deviation of what fits over that of what does not.
        rest, fit: logarithms of the two parts' densities at `_GRID`, in units of their deviation; float64 [161].
    """

    mean: Numbers
    covariance: Numbers
    ratio: float
    rest: Numbers
    fit: Numbers


def fit_prior(words: Sequence[tuple[Numbers, Numbers]]) -> CosinePrior:
    """Learns from words: for each the cosines of images that do not fit, and of those that do, three at least."""
    shapes, rests, fits, ratios = [], [], [], []
    for out, inside in words:
        spread = float(np.concatenate([out, inside]).var())
        low, gap = float(out.mean()), float(inside.mean() - out.mean())
        wide, wide_fit = (np.sqrt((p.var() * len(p) + spread * _SHRINK) / (len(p) + _SHRINK)) for p in (out, inside))
        shapes.append((low, gap, np.log(wide)))
        ratios.append(np.log(wide_fit / wide))
        rests.append((out - low) / wide)
        fits.append((inside - low - gap) / wide_fit)
    table = np.asarray(shapes)
    scale = float(np.exp(table[:, 2].mean()))
    table[:, 1] = np.maximum(table[:, 1], 0.15 * scale)
    covariance = np.cov(table.T) * (1 + 1 / len(table))
    # Of a dozen words no correlation is certain, and no spread is none.
    covariance = 0.7 * covariance + 0.3 * np.diag(np.diag(covariance))
    covariance += np.diag([(0.1 * scale) ** 2, (0.1 * table[:, 1].mean()) ** 2, 0.02])
    return CosinePrior(table.mean(0), covariance, float(np.exp(np.mean(ratios))), _density(rests), _density(fits))


def _density(parts: Sequence[Numbers]) -> Numbers:
    """The logarithm of a smoothed density over `_GRID`; every word weighs the same, and nothing is impossible."""
    width = _GRID[1] - _GRID[0]
    edges = np.append(_GRID - width / 2, _GRID[-1] + width / 2)
    total = sum((np.histogram(np.clip(p, -8, 8), edges)[0] / len(p) for p in parts), start=np.zeros(len(_GRID)))
    at = np.arange(-20, 21) * width
    kernel = np.exp(-0.5 * (at / _SMOOTHING) ** 2)
    smooth = np.convolve(total, kernel / kernel.sum(), "same")
    tails = 1 / np.cosh(_GRID / 2) ** 2 / 4
    return np.asarray(np.log(0.98 * smooth / (smooth.sum() * width) + 0.02 * tails))


@dataclass(frozen=True)
class Fitting:
    """How probable it is for each cosine of one search that the image fits: float64 [bins], never falling."""

    cosines: Numbers
    chances: Numbers

    def chance(self, cosines: NDArray[Any]) -> Numbers:
        """Probability (0..1) that images of these cosines fit."""
        return np.asarray(np.interp(cosines, self.cosines, self.chances))


def fitting(prior: CosinePrior, cosines: NDArray[Any]) -> Fitting:
    """Judges the cosines [n] of one search over a whole dataset."""
    low, high = float(cosines.min()), float(cosines.max())
    edges = np.linspace(low - 1e-6, high + 1e-6, _BINS + 1)
    counts = np.histogram(cosines, edges)[0] * min(1.0, _EVIDENCE / len(cosines))
    middle = (edges[1:] + edges[:-1]) / 2
    shapes, belief = _shapes(prior, cosines)
    wide = np.exp(shapes[:, 2:3])
    rest = _at(middle[None] - shapes[:, :1], wide, prior.rest)
    fit = _at(middle[None] - shapes[:, :1] - shapes[:, 1:2], wide * prior.ratio, prior.fit)
    logs = [
        np.log(share * fit + (1 - share) * rest + 1e-12) @ counts + belief + np.log(prior_share)
        for share, prior_share in zip(_SHARES, _SHARE_PRIOR, strict=True)
    ]
    highest = max(float(log.max()) for log in logs)
    total, chances = 0.0, np.zeros(_BINS)
    for share, log in zip(_SHARES, logs, strict=True):
        weight = np.exp(log - highest)
        chances += weight @ (share * fit / (share * fit + (1 - share) * rest + 1e-12))
        total += float(weight.sum())
    # A higher cosine is never a worse fit, whatever the wider part does at its ends.
    return Fitting(middle, np.maximum.accumulate(chances / total))


def _at(distance: Numbers, wide: Numbers, log_density: Numbers) -> NDArray[np.float32]:
    # float32 is enough for a density, and twice as fast.
    return np.asarray(
        np.exp(np.interp(distance / wide, _GRID, log_density).astype(np.float32)) / wide.astype(np.float32)
    )


def _shapes(prior: CosinePrior, cosines: NDArray[Any]) -> tuple[Numbers, Numbers]:
    """Shapes (low, gap, log deviation) [n, 3] that these cosines may have, and the logarithm of what the prior says."""
    spread = np.sqrt(np.diag(prior.covariance))
    gaps = np.maximum(prior.mean[1] + np.linspace(-2, 2, 9) * spread[1], 0.02 * prior.mean[1])
    widths = prior.mean[2] + np.linspace(-2, 2, 5) * spread[2]
    least, most = np.quantile(cosines, [0.02, 0.9])
    lows = np.linspace(least - gaps.max(), most, 41)
    shapes = np.stack(np.meshgrid(lows, gaps, widths, indexing="ij"), -1).reshape(-1, 3)
    off = shapes - prior.mean
    belief = -0.5 * np.einsum("ni,ij,nj->n", off, np.linalg.inv(prior.covariance), off)
    kept = belief > belief.max() - 12
    return shapes[kept], belief[kept]
