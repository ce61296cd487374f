"""From the masks of a dataset to what the cosines of a CLIP are worth on it.

The classes of the masks are words whose truth is known. What a person asks for is a word that is no class, so all is
judged by class: fitted on some, measured on others. Searches are made of the labelled images: subsets in which none, a
few, many or all show a class, since how common a thing is must not decide whether it is found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.retrieval.calibration import (
    FEWEST_CLASSES,
    FEWEST_IMAGES,
    FITS_FROM,
    NOTHING_BELOW,
    VERSION,
    CalibrationRecord,
    ClassRecord,
    ErrorRecord,
)
from bddseg_tui.index.calibration_form import logistic_record, prior_record
from bddseg_tui.index.confidence import BEST_RISING, best_features, pair_features, sigmoid_confidence
from bddseg_tui.index.cosine_mixture import CosinePrior, Fitting, fit_prior, fitting
from bddseg_tui.index.logistic import Logistic, Numbers, fit_logistic
from bddseg_tui.index.ranking_measures import area_under_roc, average_precision

_SHARES = (0.0, 0.0, 0.0, 0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9, 1.0)
"""Shares of images that show the class, of the searches that are made: what is not there is asked for as well."""
_FEWEST = 3
_TELLS = 0.75
"""Area under ROC from which a model can tell a class: of words that it does not know nothing is learnt."""
_TOP = np.asarray([0.6, 0.1, 0.1, 0.1, 0.1])
"""How much the best five images of a search count."""
_RIDGE = 1.0
_FOLDS = 4
_BINS = 10
Truth = NDArray[np.int8]


@dataclass(frozen=True)
class _Search:
    """A search over some of the labelled images: the class, cosines [n] and truths [n]."""

    word: int
    cosines: Numbers
    truth: Truth


def why_not(truth: Truth, cosines: Numbers) -> str:
    """Why these labels make no calibration, in words; '' where they do."""
    if len(truth) < FEWEST_IMAGES:
        return f"{len(truth)} labelled images are too few to calibrate on ({FEWEST_IMAGES} are needed)"
    told = sum(_told(cosines[:, k], truth[:, k]) for k in range(truth.shape[1]))
    if told < FEWEST_CLASSES:
        return f"the model can tell {told} classes of the masks, too few to calibrate on ({FEWEST_CLASSES} are needed)"
    return ""


def calibrate(
    names: Sequence[str], cosines: Numbers, truth: Truth, own: tuple[float, float] | None = None, seed: int = 0
) -> CalibrationRecord:
    """Fits and measures a calibration; `labels` and `templates` are left for the caller to fill in.

    Args:
        names: of the classes, K of them.
        cosines: float [n, K] of the labelled images with the classes' words.
        truth: int8 [n, K]: 1 shown, 0 not shown, -1 too small to call.
        own: (scale, bias) of the model's own sigmoid, where it has one.
        seed: of the subsets that searches are made of.
    """
    told = [k for k in range(truth.shape[1]) if _told(cosines[:, k], truth[:, k])]
    searches = list(_searches(cosines, truth, told, np.random.default_rng(seed)))
    prior, pairs, best, _ = _fit(cosines, truth, told, searches)
    held, loss = _held_out(cosines, truth, told, searches)
    classes = [_class_record(n, cosines[:, k], truth[:, k], k in told) for k, n in enumerate(names)]
    return {
        "version": VERSION,
        "labels": "",
        "images": len(truth),
        "templates": ["{}"],
        "prior": prior_record(prior),
        "pairs": logistic_record(pairs),
        "best": logistic_record(best),
        "own": own is not None and _own_loss(searches, own) <= loss,
        "classes": classes,
        "mean_average_precision": round(average_precision_of(cosines, truth), 4),
        "error": measured(held),
    }


def average_precision_of(cosines: NDArray[Any], truth: Truth) -> float:
    """Mean average precision (0..1) over the classes that some images show and some do not; 0 where there are none."""
    found = []
    for k in range(truth.shape[1]):
        shown, absent = cosines[truth[:, k] == 1, k], cosines[truth[:, k] == 0, k]
        if len(shown) and len(absent):
            found.append(average_precision(shown, absent))
    return float(np.mean(found)) if found else 0.0


def measured(best: Sequence[tuple[float, bool, bool]], refused: Sequence[bool] | None = None) -> ErrorRecord:
    """The error of searches, each as (confidence of its best image, whether that shows it, whether any image does).

    Args:
        refused: whether it was said that nothing fits; by the confidence alone where left out.
    """
    sure, right, there = (np.asarray(column, float) for column in zip(*best, strict=True))
    nothing = sure < NOTHING_BELOW if refused is None else np.asarray(refused)
    place = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    off = sum(abs(float((sure - right)[place == b].sum())) for b in range(_BINS)) / len(sure)
    absent = sure[there == 0]
    return {
        "searches": len(sure),
        "calibration": round(off, 4),
        "nothing": round(float(nothing[there == 1].mean()) if (there == 1).any() else 0.0, 4),
        "fits": round(float((absent >= FITS_FROM).mean()) if len(absent) else 0.0, 4),
        "unsure": round(float((~nothing & (sure < FITS_FROM)).mean()), 4),
    }


def _told(cosines: Numbers, truth: Truth) -> bool:
    shown, absent = cosines[truth == 1], cosines[truth == 0]
    return min(len(shown), len(absent)) >= _FEWEST and area_under_roc(shown, absent) >= _TELLS


def _class_record(name: str, cosines: Numbers, truth: Truth, told: bool) -> ClassRecord:
    shown, absent = cosines[truth == 1], cosines[truth == 0]
    return {
        "name": name,
        "share": round(len(shown) / max(1, len(shown) + len(absent)), 4),
        "average_precision": round(average_precision(shown, absent), 4),
        "area": round(area_under_roc(shown, absent), 4),
        "told": told,
    }


def _searches(cosines: Numbers, truth: Truth, words: Sequence[int], rng: np.random.Generator) -> Iterator[_Search]:
    for k in words:
        shown, absent = np.flatnonzero(truth[:, k] == 1), np.flatnonzero(truth[:, k] == 0)
        for share in _SHARES:
            wanted = max(1, round(share * len(truth))) if share else 0
            others = len(truth) - wanted
            # No image twice: the set is as large as the rarer kind lets it be.
            enough = min(1.0, len(shown) / wanted if wanted else 1.0, len(absent) / others if others else 1.0)
            wanted, others = (max(1, int(wanted * enough)) if share else 0), int(others * enough)
            if wanted + others < max(20, 0.1 * len(truth)):
                continue
            chosen = np.concatenate([rng.permutation(shown)[:wanted], rng.permutation(absent)[:others]])
            yield _Search(k, cosines[chosen, k].astype(np.float64), truth[chosen, k])


def _fit(
    cosines: Numbers, truth: Truth, words: Sequence[int], searches: Sequence[_Search]
) -> tuple[CosinePrior, Logistic, Logistic, list[Fitting]]:
    """The prior and both regressions from some of the classes; and how it judges each of their searches."""
    prior = fit_prior([(cosines[truth[:, k] == 0, k], cosines[truth[:, k] == 1, k]) for k in words])
    mine = [s for s in searches if s.word in words]
    judged = [fitting(prior, s.cosines) for s in mine]
    tops = [np.argsort(-s.cosines)[: len(_TOP)] for s in mine]
    rows = list(zip(mine, judged, tops, strict=True))
    best = fit_logistic(
        np.concatenate([best_features(s.cosines[t], s.cosines, f) for s, f, t in rows]),
        np.concatenate([s.truth[t] for s, _, t in rows]).astype(np.float64),
        np.concatenate([_TOP[: len(t)] for t in tops]),
        _RIDGE,
        BEST_RISING,
    )
    pairs = fit_logistic(
        np.concatenate([pair_features(s.cosines, f) for s, f, _ in rows]),
        np.concatenate([s.truth for s in mine]).astype(np.float64),
        np.concatenate([np.full(len(s.truth), 1 / len(s.truth)) for s in mine]),
        _RIDGE,
        (0, 1),
    )
    return prior, pairs, best, judged


def _held_out(
    cosines: Numbers, truth: Truth, words: Sequence[int], searches: Sequence[_Search]
) -> tuple[list[tuple[float, bool, bool]], float]:
    """Best images of searches for classes that were not fitted on (see `measured`), and the log loss of all pairs."""
    found: list[tuple[float, bool, bool]] = []
    losses: list[float] = []
    for fold in range(_FOLDS):
        left_out = set(words[fold::_FOLDS])
        prior, pairs, best, _ = _fit(cosines, truth, [w for w in words if w not in left_out], searches)
        for search in (s for s in searches if s.word in left_out):
            judged = fitting(prior, search.cosines)
            first = int(search.cosines.argmax())
            sure = best.probability(best_features(search.cosines[[first]], search.cosines, judged))
            found.append((float(sure[0]), bool(search.truth[first]), bool(search.truth.any())))
            losses.append(_loss(pairs.probability(pair_features(search.cosines, judged)), search.truth))
    return found, float(np.mean(losses))


def _own_loss(searches: Sequence[_Search], own: tuple[float, float]) -> float:
    return float(np.mean([_loss(sigmoid_confidence(s.cosines.astype(np.float32), *own), s.truth) for s in searches]))


def _loss(chance: NDArray[Any], truth: Truth) -> float:
    right = np.where(truth == 1, chance, 1 - chance)
    return float(-np.log(np.clip(right, 1e-4, 1)).mean())
