"""The confusion matrix of 720x1280 masks on one core, beside torchmetrics, in turns.

python -m benchmarks.confusion [--rounds N] [--json FILE]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torchmetrics.classification import MulticlassConfusionMatrix

from bddseg_tui.core.classes import RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.demo.generate import draw_scene
from bddseg_tui.core.demo.scene import sample_scene
from bddseg_tui.train.confusion import confusion_matrix
from benchmarks.report import publish

PAIRS = 8


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    # Masks of drawn scenes: runs of one class are what a histogram meets in practice.
    raw = [draw_scene(sample_scene(1, i), 1280, 720).mask for i in range(PAIRS + 1)]
    masks = [torch.from_numpy(np.where(r == RAW_UNKNOWN, UNKNOWN, r)) for r in raw]
    pairs = list(pairwise(masks))
    checked, unchecked = MulticlassConfusionMatrix(20), MulticlassConfusionMatrix(20, validate_args=False)
    ways: dict[str, Callable[[torch.Tensor, torch.Tensor], object]] = {
        "ours": confusion_matrix,
        "torchmetrics, validate_args=False": lambda actual, predicted: unchecked.update(predicted, actual),
        "torchmetrics, default": lambda actual, predicted: checked.update(predicted, actual),
    }
    for actual, predicted in pairs:
        theirs = MulticlassConfusionMatrix(20)(predicted, actual)
        assert torch.equal(confusion_matrix(actual, predicted), theirs)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            started = time.process_time()
            for actual, predicted in pairs:
                way(actual, predicted)
            times[name].append((time.process_time() - started) / PAIRS)
    rates = {name: 1 / statistics.median(values) for name, values in times.items()}
    rows = [("", "images/core-s", "ours is")]
    rows += [(name, f"{rate:.0f}", f"{rates['ours'] / rate:.1f}x") for name, rate in rates.items()]
    publish("confusion matrix, 20 classes, 720x1280, one core", rows, {"images_per_core_s": rates}, arguments.json)


if __name__ == "__main__":
    main()
