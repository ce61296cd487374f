"""A calibration as it is computed with, and as JSON keeps it."""

from dataclasses import dataclass

import numpy as np

from bddseg_tui.core.retrieval.calibration import VERSION, CalibrationRecord, LogisticRecord, PriorRecord
from bddseg_tui.index.cosine_mixture import CosinePrior
from bddseg_tui.index.logistic import Logistic, Numbers


@dataclass(frozen=True)
class Calibration:
    """See `core.retrieval.calibration.CalibrationRecord`.

    Attributes:
        pairs: probability that an image fits, whatever its rank; `own` says that the model's own sigmoid is better.
        best: probability that an image fits that is among the best of all.
    """

    templates: tuple[str, ...]
    prior: CosinePrior
    pairs: Logistic
    best: Logistic
    own: bool


def read_calibration(record: CalibrationRecord | None) -> Calibration | None:
    """The calibration of a record; None where there is none, or it is of another version."""
    if record is None or record["version"] != VERSION:
        return None
    if len(record["pairs"]["weights"]) != 2 or len(record["best"]["weights"]) != 5:
        return None
    prior = record["prior"]
    return Calibration(
        tuple(t for t in record["templates"] if t.count("{}") == 1) or ("{}",),
        CosinePrior(
            np.asarray(prior["mean"]),
            np.asarray(prior["covariance"]),
            prior["ratio"],
            np.asarray(prior["rest"]),
            np.asarray(prior["fit"]),
        ),
        _logistic(record["pairs"]),
        _logistic(record["best"]),
        record["own"],
    )


def prior_record(prior: CosinePrior) -> PriorRecord:
    """As JSON keeps it."""
    return {
        "mean": _plain(prior.mean),
        "covariance": [_plain(row) for row in prior.covariance],
        "ratio": float(prior.ratio),
        "rest": _plain(prior.rest, 4),
        "fit": _plain(prior.fit, 4),
    }


def logistic_record(found: Logistic) -> LogisticRecord:
    """As JSON keeps it."""
    mean, deviation, weights = (_plain(a) for a in (found.mean, found.deviation, found.weights))
    return {"mean": mean, "deviation": deviation, "weights": weights, "bias": float(found.bias)}


def _logistic(record: LogisticRecord) -> Logistic:
    count = len(record["weights"])
    mean, deviation = (np.resize(np.asarray(record[k]), count) for k in ("mean", "deviation"))
    return Logistic(mean, np.maximum(deviation, 1e-12), np.asarray(record["weights"]), record["bias"])


def _plain(values: Numbers, digits: int = 9) -> list[float]:
    return [round(float(v), digits) for v in values]
