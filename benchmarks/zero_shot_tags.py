"""Tags by words alone on drawn scenes that no model was trained on: how many are right, and expected to be wrong.

python -m benchmarks.zero_shot_tags [--count 400] [--least 0.8] [--json FILE]

Every concept of place, time and weather is a phrase; scenes that can't be called count as nothing.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bddseg_tui.index.clip import load_clip
from bddseg_tui.index.demo_models.concepts import CONCEPTS, fits
from bddseg_tui.index.zero_shot import propose
from benchmarks.haystack import draw_haystack, searcher_over
from benchmarks.report import publish


def main() -> None:
    """Prints and writes what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--least", type=float, default=0.8)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    haystack = draw_haystack(arguments.count, Path(tempfile.gettempdir()) / "bddseg-haystack")
    searcher = searcher_over(haystack, load_clip("demo", "cpu"))
    rows: list[tuple[str, ...]] = [("tag", "there", "proposed", "right %", "found %", "expected wrong", "wrong")]
    totals = np.zeros(5)
    for number, concept in enumerate(CONCEPTS):
        if concept.group == "object":
            continue
        fit = fits(haystack.table, [number])
        found = propose(searcher, concept.name, arguments.least)
        named = [fit[int(i.image)] for i in found.images]
        right, wrong, there = named.count(1), named.count(0), int((fit == 1).sum())
        expected = found.expected_wrong or 0.0
        totals += (there, len(named), right, expected, wrong)
        rows.append(_row(concept.name, there, len(named), right, expected, wrong))
    a, b, c, d, e = totals.tolist()
    rows.append(_row("all", int(a), int(b), int(c), d, int(e)))
    facts: dict[str, Any] = {"rows": rows}
    publish(f"tags at {arguments.least:.0%} among {arguments.count} scenes", rows, facts, arguments.json)


def _row(name: str, there: int, proposed: int, right: int, expected: float, wrong: int) -> tuple[str, ...]:
    called = right + wrong
    shares = (f"{100 * right / n:.0f}" if n else "-" for n in (called, there))
    return name, str(there), str(proposed), *shares, f"{expected:.1f}", str(wrong)


if __name__ == "__main__":
    main()
