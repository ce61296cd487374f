"""How often "it fits" and "nothing fits" are wrong, before and after a calibration on the masks.

python -m benchmarks.retrieval_cutoff [--count 1000] [--json FILE]

On drawn scenes whose seed no model was trained on: the demo CLIP as it is, and stripped of its sigmoid's bias, as
CLIPs are that were trained with a softmax. Searched is for each concept that is no class of the masks, among all
scenes, among those that do not show it, and among scenes nearly all of which do; and for two or three at once. And on
cosines that are drawn as those of a softmax CLIP are published: of each word its own offset, of each image too, skewed
noise.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bddseg_tui.core.retrieval.calibration import NOTHING_BELOW, ErrorRecord
from bddseg_tui.index.calibrate import calibrate, measured
from bddseg_tui.index.calibration_form import read_calibration
from bddseg_tui.index.class_words import NAMES
from bddseg_tui.index.clip import load_clip
from bddseg_tui.index.confidence import best_features, fit_mixture
from bddseg_tui.index.cosine_mixture import fitting
from bddseg_tui.index.demo_models.concepts import CONCEPTS, fits
from bddseg_tui.index.search import Searcher
from bddseg_tui.index.search_language import Phrase
from benchmarks.haystack import Haystack, draw_haystack, searcher_over
from benchmarks.report import publish

Outcome = tuple[float, bool, bool, bool]
"""Confidence of the best image, whether it fits, whether any image does, whether it was said that none does."""
_OLD_CUTOFF = 0.4
_WORDS, _DRAWS = 60, 20
"""Words of a draw of cosines, and draws: of 180 searches a tenth of the calibration error is chance."""


def outcomes(searcher: Searcher, wanted: list[int], fit: NDArray[np.int8], among: NDArray[np.int64]) -> Outcome:
    """One search among some scenes; `fit` is 1, 0 or -1 of every scene."""
    # An index of these scenes alone: what is not in it has no part in any distribution.
    part = replace(searcher, images=[searcher.images[i] for i in among], matrix=searcher.matrix[among])
    best = part.by_phrases([Phrase(CONCEPTS[c].name) for c in wanted], 1, group=False)[0]
    truth = bool(fit[int(best.image)] == 1), bool((fit[among] == 1).any())
    return best.confidence, *truth, best.verdict == "nothing"


def error_of(found: list[Outcome]) -> ErrorRecord:
    """The error of such searches."""
    return measured([o[:3] for o in found], [o[3] for o in found])


def singles(searcher: Searcher, haystack: Haystack) -> list[Outcome]:
    """A search for each concept that is no class: as common as it is, not there, and nearly everywhere."""
    found = []
    for number, concept in enumerate(CONCEPTS):
        if concept.name in (*NAMES, "pedestrian"):
            continue
        fit = haystack.table[:, number]
        shown, absent = np.flatnonzero(fit == 1), np.flatnonzero(fit == 0)
        few = np.random.default_rng(number).permutation(absent)[: max(1, len(shown) // 12)]
        for among in (np.flatnonzero(fit >= 0), absent, np.concatenate([shown, few])):
            if len(among) >= 30:
                found.append(outcomes(searcher, [number], fit, among))
    return found


def several(searcher: Searcher, haystack: Haystack, count: int = 100) -> list[Outcome]:
    """Searches for two or three concepts: as many that no scene shows together, and that some scene does."""
    rng, found = random.Random(5), []
    left = {"absent": count, "present": count}
    while any(left.values()):
        wanted = rng.sample(range(len(CONCEPTS)), rng.choice((2, 2, 3)))
        groups = [CONCEPTS[c].group for c in wanted if CONCEPTS[c].group != "object"]
        fit = fits(haystack.table, wanted)
        kind = "present" if (fit == 1).any() else "absent" if (fit == 0).all() else ""
        if len(groups) == len(set(groups)) and kind and left[kind]:
            left[kind] -= 1
            found.append(outcomes(searcher, wanted, fit, np.flatnonzero(fit >= 0)))
    return found


def draw_cosines(
    rng: np.random.Generator, words: int, shares: tuple[float, ...], count: int = 1000
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Cosines and truths [count, words] as a softmax CLIP gives them: .20 without and .245 with what is asked for."""
    truth = np.stack([rng.random(count) < shares[k % len(shares)] for k in range(words)], 1).astype(np.int8)
    skewed = (rng.gamma(4, 1, (count, words)) - 4) / 2 * 0.012
    low, gap = rng.normal(0.20, 0.015, words), np.maximum(0.005, rng.normal(0.045, 0.012, words))
    return low + gap * truth + rng.normal(0, 0.008, (count, 1)) + skewed, truth


def simulated() -> Iterator[tuple[list[Outcome], list[Outcome]]]:
    """Searches for what nearly all, few and no images show, before and after a calibration on 16 other words."""
    for seed in range(_DRAWS):
        rng = np.random.default_rng(seed)
        known = draw_cosines(rng, 16, (0.99, 0.95, 0.9, 0.7, 0.5, 0.3, 0.15, 0.05, 0.02))
        calibration = read_calibration(calibrate([str(k) for k in range(16)], *known))
        assert calibration is not None
        cosines, truth = draw_cosines(rng, _WORDS, (0.92, 0.03, 0.0))
        before, after = [], []
        for k in range(_WORDS):
            mine = cosines[:, k]
            top = int(mine.argmax())
            right = bool(truth[top, k]), bool(truth[:, k].any())
            old = fit_mixture(mine.astype(np.float32)).confidence(mine[[top]].astype(np.float32))
            features = best_features(mine[[top]], mine, fitting(calibration.prior, mine))
            sure = float(calibration.best.probability(features)[0])
            before.append((float(old[0]), *right, False))
            after.append((sure, *right, sure < NOTHING_BELOW))
        yield before, after


def before(found: list[Outcome]) -> ErrorRecord:
    """The error of one cutoff at 0.4, as there was before; nothing was left open."""
    error = error_of(found)
    there = np.asarray([o[2] for o in found])
    sure = np.asarray([o[0] for o in found])
    nothing, fit = float((sure[there] < _OLD_CUTOFF).mean()), float((sure[~there] >= _OLD_CUTOFF).mean())
    return {**error, "nothing": nothing, "fits": fit, "unsure": 0.0}


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--scenes", type=Path, default=Path(tempfile.gettempdir()) / "bddseg-haystack")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    clip = load_clip("demo")
    found: dict[str, ErrorRecord] = {}
    for count in arguments.count:
        haystack = draw_haystack(count, arguments.scenes)
        whole = searcher_over(haystack, clip)
        for name, bias in (("as it is", clip.bias), ("without bias", None)):
            after = replace(whole, clip=replace(clip, bias=bias))
            plain = replace(after, calibration=None)
            for what, searches in (("one concept", singles), ("several", several)):
                where = f"demo {name}, N={count:,}, {what}"
                found[f"{where}: before"] = before(searches(plain, haystack))
                found[f"{where}: calibrated"] = error_of(searches(after, haystack))
    old: list[Outcome] = []
    new: list[Outcome] = []
    for plain_outcomes, calibrated_outcomes in simulated():
        old += plain_outcomes
        new += calibrated_outcomes
    found["simulated softmax cosines: before"] = before(old)
    found["simulated softmax cosines: calibrated"] = error_of(new)
    head = ("searches", "wrongly nothing", "wrongly fits", "can't tell", "calibration error")
    rows: list[tuple[str, ...]] = [("what", *head)]
    for name, error in found.items():
        values = (error[k] for k in ("nothing", "fits", "unsure", "calibration"))
        rows.append((name, str(error["searches"]), *(f"{v:.3f}" for v in values)))
    facts: dict[str, Any] = dict(found)
    publish("how often the cutoff is wrong", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
