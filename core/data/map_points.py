"""The images of a dataset as points of a map, and what they are coloured by; arrays, since there may be very many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.filter_language import parse_query

MOST_GROUPS = 12
"""Groups that are told apart; the rest is one."""
STEPS = 6
"""Into so many groups of like size numbers are divided."""


@dataclass(frozen=True, eq=False)
class MapPoints:
    """Catalog ids int64 [n], ascending, and where they lie, float32 [n, 2] in 0..1, x from the left, y from the top."""

    ids: NDArray[np.int64]
    places: NDArray[np.float32]

    def nearest(self, x: float, y: float, within: float = 1.0) -> int | None:
        """The index of the point that is nearest to a place, at most `within` away; None where there is none."""
        if not len(self.ids):
            return None
        away = np.square(self.places - np.asarray([x, y], np.float32)).sum(axis=1)
        found = int(away.argmin())
        return found if away[found] <= within * within else None

    def inside(self, box: tuple[float, float, float, float]) -> NDArray[np.int64]:
        """Ids of the points in a box (left, top, right, bottom), as the filter `box_filter` finds them."""
        x, y = (100.0 * self.places.astype(np.float64)).T
        left, top, right, bottom = (round(100 * side, 2) for side in box)
        found: NDArray[np.int64] = self.ids[(x >= left) & (x <= right) & (y >= top) & (y <= bottom)]
        return found


@dataclass(frozen=True, eq=False)
class MapColors:
    """The group of each point, int64 [n], with the groups' names and sizes; the last may be those that have none.

    `ordered` says whether groups are steps of a number, the lowest first; `by` is what the person asked for.
    """

    by: str
    groups: NDArray[np.int64]
    names: tuple[str, ...]
    counts: tuple[int, ...]
    ordered: bool


def map_points(catalog: Catalog) -> MapPoints:
    """Where each image lies that is on the map."""
    x, y = catalog.measure("map-x"), catalog.measure("map-y")
    ids = np.asarray(sorted(x.keys() & y.keys()), np.int64)
    places = np.asarray([(x[i], y[i]) for i in ids.tolist()], np.float32).reshape(-1, 2)
    return MapPoints(ids, places)


def box_filter(box: tuple[float, float, float, float]) -> str:
    """The terms of the filter language for a box (left, top, right, bottom) of the map."""
    left, top, right, bottom = (f"{100 * side:.2f}" for side in box)
    return f"map-x>={left} map-x<={right} map-y>={top} map-y<={bottom}"


def map_colors(catalog: Catalog, points: MapPoints, by: str, evaluation: str | None) -> MapColors:
    """What points are coloured by.

    Args:
        catalog: of the dataset.
        points: of its map.
        by: `split`, `tag`, `cluster`, a class (its share of the mask), or a figure or measure that filters know.
        evaluation: whose figures are meant.

    Raises:
        UsageError: `by` is none of these, or a measure that was not taken.
    """
    if by == "split":
        return _named(points, by, catalog.splits_by_id(), "")
    if by == "tag":
        return _named(points, by, catalog.first_tags(), "no tag")
    if by == "cluster":
        found = {i: f"{value:.0f}" for i, value in catalog.measure(by).items()}
        return _named(points, by, found, "none")
    return _numbers(points, by, catalog.values(parse_query(f"sort:{by}"), evaluation))


def _named(points: MapPoints, by: str, found: dict[int, str], none: str) -> MapColors:
    words = np.asarray([found.get(i, none) for i in points.ids.tolist()], dtype=object)
    names, groups = np.unique(words, return_inverse=True)
    sizes = np.bincount(groups, minlength=len(names))
    # Those without a name come last, whatever they are called; the largest first.
    order = sorted(range(len(names)), key=lambda g: (names[g] == none, -int(sizes[g]), str(names[g])))
    kept = order if len(order) <= MOST_GROUPS else order[: MOST_GROUPS - 1]
    place = np.full(len(names), len(kept), np.int64)
    place[kept] = np.arange(len(kept))
    labels = [str(names[g]) for g in kept] + (["others"] if len(kept) < len(order) else [])
    return _grouped(by, place[groups], labels, ordered=False)


def _numbers(points: MapPoints, by: str, found: dict[int, float]) -> MapColors:
    """Those that have none of it (0) are a group of their own: of most classes most images show nothing."""
    values = np.asarray([found.get(i, np.nan) for i in points.ids.tolist()], np.float64)
    some = values > 0
    edges = np.unique(np.quantile(values[some], np.linspace(0, 1, STEPS + 1)[1:-1])) if some.any() else np.zeros(0)
    groups = np.where(some, np.searchsorted(edges, values, side="right") + 1, 0)
    groups[np.isnan(values)] = len(edges) + 2
    labels = [_step(edges, at) for at in range(len(edges) + 1)]
    return _grouped(by, groups.astype(np.int64), ["0 %", *labels, "not known"], ordered=True)


def _step(edges: NDArray[np.float64], at: int) -> str:
    """A step's name, by where it ends, in percent."""
    if not len(edges):
        return "above 0 %"
    if at == 0:
        return f"to {_short(edges[0])} %"
    return f"to {_short(edges[at])} %" if at < len(edges) else f"above {_short(edges[-1])} %"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _grouped(by: str, groups: NDArray[np.int64], names: list[str], *, ordered: bool) -> MapColors:
    sizes = np.bincount(groups, minlength=len(names))
    if len(names) > 1 and not sizes[-1]:
        names, sizes = names[:-1], sizes[:-1]
    return MapColors(by, groups, tuple(names), tuple(int(s) for s in sizes), ordered)
