"""The line above a chart: its title, its series and its marks, told as fully as there is room for."""

from collections.abc import Callable
from typing import Literal

from bddseg_tui.tui.train.axis import short_number
from bddseg_tui.tui.train.plot import Plot, Series

Role = Literal["title", "mark"] | int
"""What a part of the line is: an integer is the number of the series that it names."""
Parts = list[tuple[str, Role]]


def legend_line(plot: Plot, beyond: float | None, width: int) -> Parts:
    """Texts with their roles, which take `width` columns where that is possible: names go before letters do.

    Args:
        plot: what the chart shows.
        beyond: the largest value that is cut off, if one is.
        width: in columns.
    """

    def value(s: Series) -> str:
        return f" {short_number(s.last, plot.percent)}" if s.last is not None else ""

    ways: tuple[Callable[[Series], str], ...] = (
        lambda s: f" {s.letter or '•'} {s.name}{value(s)} ",
        lambda s: f" {s.letter} {s.name}{value(s)}" if s.letter else "",
        lambda s: f" {s.letter} {s.name}" if s.letter else "",
        lambda s: f" {s.letter}{value(s)}" if s.letter else "",
        lambda s: f" {s.letter}" if s.letter else "",
    )
    title = f" {plot.title}{' %' if plot.percent else ''}{' (log)' if plot.log else ''} "
    found: Parts = []
    for number, way in enumerate(ways):
        found = [(title, "title"), *((way(s), i) for i, s in enumerate(plot.series)), *_marks(plot, beyond, number)]
        if sum(len(text) for text, _ in found) <= width:
            break
    return [(text, role) for text, role in found if text]


def _marks(plot: Plot, beyond: float | None, number: int) -> Parts:
    """What the signs in the chart mean; shorter in later ways."""
    marks = [f"▲ {label}" if number < 2 else "" for _, label in plot.markers]
    if beyond is not None:
        marks.append(f"↑ up to {short_number(beyond, plot.percent)}" if number < 3 else "↑ cut off")
    return [(f" {mark}", "mark") for mark in marks if mark]
