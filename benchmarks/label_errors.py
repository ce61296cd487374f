"""How many masks that are known to be wrong a search for label errors puts first, and whether it says why.

    bddseg-tui --workspace WS data label-errors DATASET
    python -m benchmarks.label_errors DATASET TRUTH.csv --workspace WS [--cleanlab]

TRUTH.csv has the columns split, name and reason ("road labelled sidewalk"). Beside the ranking stand others of the same
models' probabilities: the soft minimum over cells (arXiv 2307.05080; `--cleanlab` compares ours with cleanlab's on
random probabilities, in an environment of its own), the contradicted cells, and these by how sure the model is.
"""

import argparse
import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.quality.label_areas import TEMPERATURE, soft_minimum
from bddseg_tui.core.quality.label_error_search import read_spec, search_folder
from bddseg_tui.core.quality.label_evidence import FoldEvidence, read_evidence
from bddseg_tui.core.quality.label_ranking import Ranked, rank
from bddseg_tui.core.workspace.workspace import open_workspace
from benchmarks.peer_environment import peer_python

CLEANLAB = "cleanlab==2.9.0"
OBJECTS = frozenset((4, 5, 6, 7, *range(11, 19)))
"""Fence, pole, lights, signs, people and vehicles: what a reason calls an object."""
BACKGROUND = frozenset((2, 3, 4, 8, 9, 10, UNKNOWN))
STANDING = OBJECTS | {2, 3, 8, 9}
GIVEN = {
    "road labelled sidewalk": frozenset((1,)),
    "road labelled as object": STANDING,
    "bonnet labelled as object": STANDING | {10},
    "sky or background labelled as object": OBJECTS,
    "sky at bottom": frozenset((10,)),
    "building at bottom": frozenset((2,)),
    "road in top quarter": frozenset((0,)),
    "over 90% unlabelled": frozenset((UNKNOWN,)),
}
PREDICTED = {
    "road labelled sidewalk": frozenset((0,)),
    "road labelled as object": frozenset((0,)),
    "bonnet labelled as object": frozenset((UNKNOWN, 13)),
    "sky or background labelled as object": BACKGROUND,
}
"""The classes that a reason says are labelled, and those that are there; a reason without the latter names none."""


def main() -> None:
    """Prints a table of rankings, what was said of the masks that were found, and how near cleanlab is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--split", default="train", help="the split whose masks are ranked")
    parser.add_argument("--cleanlab", action="store_true")
    arguments = parser.parse_args()
    if arguments.cleanlab:
        print(f"largest difference from cleanlab's soft minimum: {difference_from_cleanlab():.1e}")
    root = open_dataset(arguments.dataset).root
    folder = search_folder(open_workspace(arguments.workspace), root)
    folds = [read_evidence(folder / "folds" / str(n)) for n in range(1, max(1, read_spec(folder).folds) + 1)]
    report(folds, reasons_of(arguments.truth), arguments.split)


def reasons_of(truth: Path) -> dict[tuple[str, str], str]:
    """(split, name) -> reason of each wrong mask."""
    with truth.open(newline="") as file:
        return {(row["split"], row["name"]): row["reason"] for row in csv.DictReader(file)}


def report(folds: list[FoldEvidence], reasons: dict[tuple[str, str], str], split: str) -> None:
    """Prints it."""
    names = [Path(os.fsdecode(image)) for fold in folds for image in fold.images]
    keys = [(name.parent.name, name.stem) for name in names]
    chosen = np.array([key[0] == split for key in keys])
    why = [reasons.get(key, "") for key in keys]
    wrong = np.array([bool(reason) for reason in why])
    ranked = rank(folds)
    print(f"{chosen.sum():,} masks of {split}, {int((wrong & chosen).sum())} wrong")
    print(f"{'ranking':<36} first 5 %  first 10 %    AUC")
    for name, bad in rankings(folds, ranked).items():
        first, second = (recall(bad[chosen], wrong[chosen], share) for share in (0.05, 0.10))
        print(f"{name:<36} {100 * first:>7.1f} % {100 * second:>8.1f} %  {auc(bad[chosen], wrong[chosen]):.3f}")
    said = pairs(folds, ranked)
    bad = np.concatenate([r.images for r in ranked])
    found = chosen & (bad >= np.sort(bad[chosen])[::-1][max(0, int(0.1 * chosen.sum()) - 1)])
    right = {"": [0, 0, 0]}
    for at in np.flatnonzero(wrong & chosen):
        for key in ("", why[at]):
            row = right.setdefault(key, [0, 0, 0])
            row[0] += 1
            row[1] += bool(found[at])
            row[2] += bool(found[at]) and any(fits(why[at], *pair) for pair in said[at])
    print(f"\n{'reason':<38} masks  in the first 10 %  and said right")
    for key, (number, hit, correct) in sorted(right.items()):
        print(f"{key or 'all':<38} {number:>5}  {hit:>17}  {correct:>14}")


def rankings(folds: list[FoldEvidence], ranked: list[Ranked]) -> dict[str, NDArray[np.float64]]:
    """How bad each mask is by each ranking."""

    def summed(fold: FoldEvidence, values: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.bincount(fold.areas["image"], values, len(fold.images)).astype(np.float64)

    sure = {"cells": [], "cells by p": []}  # type: dict[str, list[NDArray[np.float64]]]
    for fold in folds:
        sure["cells"].append(summed(fold, fold.areas["cells"]))
        surer = fold.areas["p_predicted"] - fold.areas["p_given"]
        sure["cells by p"].append(summed(fold, fold.areas["cells"] * surer))
    return {
        "label-errors": np.concatenate([r.images for r in ranked]),
        "soft minimum": -np.concatenate([fold.soft for fold in folds]).astype(np.float64),
        "contradicted cells": np.concatenate(sure["cells"]),
        "contradicted cells, by surety": np.concatenate(sure["cells by p"]),
    }


def pairs(folds: list[FoldEvidence], ranked: list[Ranked]) -> list[tuple[tuple[int, int], ...]]:
    """Of each image (given, predicted) of its heaviest area; none where no area speaks against it."""
    found: list[tuple[tuple[int, int], ...]] = []
    for fold, r in zip(folds, ranked, strict=True):
        order = np.argsort(r.areas, kind="stable")
        heaviest = {int(fold.areas["image"][at]): int(at) for at in order}
        for image in range(len(fold.images)):
            area = fold.areas[heaviest[image]] if image in heaviest else None
            found.append(() if area is None else ((int(area["given"]), int(area["predicted"])),))
    return found


def fits(reason: str, given: int, predicted: int) -> bool:
    """Whether this is what the reason says: the class that is labelled, and the one that is there if it names it."""
    return given in GIVEN.get(reason, ()) and predicted in PREDICTED.get(reason, range(len(CLASSES)))


def recall(bad: NDArray[np.float64], wrong: NDArray[np.bool_], share: float) -> float:
    """The share of the wrong ones that is among the first of the ranking."""
    order = np.argsort(-bad, kind="stable")
    return float(wrong[order[: int(share * len(order))]].sum() / max(1, wrong.sum()))


def auc(bad: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """The area under the ROC curve."""
    from scipy.stats import rankdata

    ranks, number = rankdata(bad), int(wrong.sum())
    return float((ranks[wrong].sum() - number * (number + 1) / 2) / (number * (~wrong).sum()))


def difference_from_cleanlab() -> float:
    """The largest difference of our soft minimum from cleanlab's, over 50 random images of 20 classes."""
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.full(20, 0.2), (50, 24, 40)).transpose(0, 3, 1, 2)
    given = generator.integers(0, 20, (50, 24, 40))
    code = (
        "import json, sys, numpy as np\n"
        "from cleanlab.segmentation.rank import get_label_quality_scores\n"
        "g = np.random.default_rng(0)\n"
        "p = g.dirichlet(np.full(20, 0.2), (50, 24, 40)).transpose(0, 3, 1, 2)\n"
        "y = g.integers(0, 20, (50, 24, 40))\n"
        f"scores, _ = get_label_quality_scores(y, p, temperature={TEMPERATURE}, verbose=False)\n"
        "json.dump(list(map(float, scores)), sys.stdout)\n"
    )
    python = peer_python("cleanlab", CLEANLAB, beside=True)
    printed = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout
    theirs = np.array(json.loads(printed[printed.index("[") :]))
    ours = [soft_minimum(y.astype(np.uint8), p) for y, p in zip(given, probabilities, strict=True)]
    return float(np.abs(theirs - ours).max())


if __name__ == "__main__":
    main()
