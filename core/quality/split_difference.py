"""How train and val differ: by class and by measure, each with an effect size and a test that knows of the others.

An effect size is Cliff's delta: how much likelier a value of an image of val is above one of train than below. The
p-values of Mann-Whitney's U test are corrected for their number after Holm, so that one in twenty is not found by
chance. Kolmogorov-Smirnov's D, the largest distance of the two distributions, sees what does not shift but spreads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.quality.class_places import ClassPlaces
from bddseg_tui.core.quality.odd_images import KINDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Size = Literal["negligible", "small", "medium", "large"]
_SIZES: tuple[tuple[float, Size], ...] = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
"""Bounds of Cliff's delta (Romano et al. 2006)."""
SIGNIFICANT = 0.05
_FEWEST = 5


@dataclass(frozen=True)
class Difference:
    """How one figure of images differs between two splits.

    Attributes:
        name: a class, whose share of pixels is meant, or a measure.
        means: of both splits, 0..1.
        delta: Cliff's delta, -1..1; above 0 where the second split has more.
        ks: Kolmogorov-Smirnov's D, 0..1.
        p: of Mann-Whitney's U test, corrected after Holm.
        place: how differently a class lies in the frame, 0 (the same) .. 1 (nowhere the same); None for a measure.
        objects: Cliff's delta of the sizes of objects, above 0 where the second split's are larger; None likewise.
    """

    name: str
    means: tuple[float, float]
    delta: float
    ks: float
    p: float
    place: float | None = None
    objects: float | None = None

    @property
    def size(self) -> Size:
        """How large the effect is."""
        return next((name for bound, name in _SIZES if abs(self.delta) < bound), "large")


def split_differences(
    catalog: Catalog, places: tuple[ClassPlaces, ClassPlaces], splits: tuple[str, str] = ("train", "val")
) -> list[Difference]:
    """Every class that occurs and every measure, what differs most first; none where a split has hardly any masks.

    `places` are those of both splits.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    import numpy as np
    from scipy import stats

    some, others = (_rows(catalog, split) for split in splits)
    figures = _figures(some), _figures(others)
    found: list[Difference] = []
    for name in figures[0].keys() & figures[1].keys():
        a, b = (np.asarray(f[name]) for f in figures)
        if min(len(a), len(b)) < _FEWEST or not (a.any() or b.any()):
            continue
        test = stats.mannwhitneyu(b, a, alternative="two-sided", method="asymptotic")
        delta = 2 * float(test.statistic) / (len(a) * len(b)) - 1
        p = float(test.pvalue) if not np.isnan(test.pvalue) else 1.0
        ks = float(stats.ks_2samp(a, b, method="asymp").statistic)
        class_id = next((c.id for c in CLASSES if c.name == name), None)
        place = objects = None
        if class_id is not None:
            place = _apart(*(p.heat[class_id] for p in places))
            objects = _delta_of_counts(*(p.objects[class_id] for p in places))
        found.append(Difference(name, (float(a.mean()), float(b.mean())), delta, ks, p, place, objects))
    found.sort(key=lambda d: (-abs(d.delta), d.name))
    return _corrected(found)


def _rows(catalog: Catalog, split: str) -> list[Row]:
    return [row for page in catalog.stream(parse_query(f"split:{split} is:labelled")) for row in page]


def _figures(rows: Sequence[Row]) -> dict[str, list[float]]:
    """By name the figures of those images that have them."""
    counted = [(row.counts, sum(row.counts)) for row in rows if row.counts and sum(row.counts)]
    figures = {c.name: [counts[c.id] / total for counts, total in counted] for c in CLASSES[:NUM_OFFICIAL]}
    for kind in KINDS:
        figures[kind.measure] = [row.measures[kind.measure] for row in rows if kind.measure in row.measures]
    return figures


def _corrected(found: list[Difference]) -> list[Difference]:
    """With p-values after Holm: the smallest times their number, the next times one less, and none below one before."""
    order = sorted(range(len(found)), key=lambda n: found[n].p)
    corrected = list(found)
    highest = 0.0
    for rank, n in enumerate(order):
        highest = max(highest, min(1.0, found[n].p * (len(found) - rank)))
        corrected[n] = replace(found[n], p=highest)
    return corrected


def _apart(some: "NDArray[np.float64]", others: "NDArray[np.float64]") -> float | None:
    """Half the summed distance of two heat maps that add up to 1 each (total variation)."""
    if not some.sum() or not others.sum():
        return None
    return float(abs(some / some.sum() - others / others.sum()).sum() / 2)


def _delta_of_counts(some: "NDArray[np.int64]", others: "NDArray[np.int64]") -> float | None:
    """Cliff's delta of sizes that are counted in bins, the largest first: above 0 where `others` are larger."""
    import numpy as np

    if not some.sum() or not others.sum():
        return None
    a, b = some / some.sum(), others / others.sum()
    smaller = np.concatenate([np.cumsum(a[::-1])[::-1][1:], [0.0]])
    larger = np.concatenate([[0.0], np.cumsum(a)[:-1]])
    return float((b * (smaller - larger)).sum())
