"""Chooses the classes' colours for terminals of 256 colours, and prints the row of `tui/terminal/class_colors.py`.

Of all ways to give one of the 240 colours to each class, the one that is found by simulated annealing (seeded: the same
each time) with the least mean of squared differences (OKLab) from the official colours, where each pair of classes that
looks more alike than TARGET costs three times the square of what is missing.

    python -m benchmarks.class_colors
"""

import math
import random
from itertools import combinations

from bddseg_tui.core.classes import CLASSES, UNKNOWN
from bddseg_tui.tui.terminal.few_colors import EIGHT_BIT, NUMBERS
from bddseg_tui.tui.terminal.oklab import difference

TARGET, STARTS, STEPS = 10.0, 3, 60_000
HOT, COLD = 60.0, 0.3
BLACK = 16
APART = {(a, b): difference(EIGHT_BIT[a], EIGHT_BIT[b]) for a in NUMBERS["256"] for b in NUMBERS["256"]}
DRIFT = [[difference(c.color, rgb) for rgb in EIGHT_BIT] for c in CLASSES]


def cost(numbers: list[int], changed: int | None = None) -> float:
    """Of a way to give colours; of what depends on one class alone, where one is named."""
    ids = range(len(numbers))
    pairs = combinations(ids, 2) if changed is None else ((changed, other) for other in ids if other != changed)
    short = sum(max(0.0, TARGET - APART[numbers[a], numbers[b]]) ** 2 for a, b in pairs)
    drift = sum(DRIFT[c][numbers[c]] ** 2 for c in (ids if changed is None else (changed,)))
    return drift / len(numbers) + 3 * short


def annealed(seed: int) -> list[int]:
    """The best that one start finds."""
    rng = random.Random(seed)
    numbers = [min(NUMBERS["256"], key=DRIFT[c.id].__getitem__) for c in CLASSES]
    numbers[UNKNOWN] = BLACK
    now = least = cost(numbers)
    best = list(numbers)
    for step in range(STEPS):
        heat = HOT * (COLD / HOT) ** (step / STEPS)
        class_id = rng.randrange(UNKNOWN)
        before, old = cost(numbers, class_id), numbers[class_id]
        numbers[class_id] = rng.choice(NUMBERS["256"])
        more = cost(numbers, class_id) - before
        if more > 0 and rng.random() >= math.exp(-more / heat):
            numbers[class_id] = old
            continue
        now += more
        if now < least:
            least, best = now, list(numbers)
    return best


def main() -> None:
    """Prints the numbers, and what they are worth."""
    best = min(map(annealed, range(STARTS)), key=cost)
    print(tuple(best))
    (least, a, b) = min((APART[best[a], best[b]], a, b) for a, b in combinations(range(len(best)), 2))
    print(f"nearest: {CLASSES[a].name} and {CLASSES[b].name}, {least:.1f} apart")
    for c in CLASSES:
        print(f"{c.name:<14} {best[c.id]:>3} {EIGHT_BIT[best[c.id]]}  {DRIFT[c.id][best[c.id]]:.1f} from {c.color}")


if __name__ == "__main__":
    main()
