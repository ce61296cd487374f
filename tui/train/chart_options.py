"""Which charts of a run are shown, and how; stays from run to run."""

from dataclasses import dataclass, replace
from typing import Literal

ChartName = Literal["loss", "mIoU", "class IoU", "learning rate", "images/s", "load", "memory MiB"]
CHARTS: tuple[ChartName, ...] = ("loss", "mIoU", "class IoU", "learning rate", "images/s", "load", "memory MiB")
"""In the order in which they get room."""


@dataclass(frozen=True)
class ChartOptions:
    """How charts are shown.

    Attributes:
        alone: the one chart that is shown; None for as many as there is room for.
        window: the part of the x axis that is in sight, as shares (0..1) of the whole.
    """

    alone: ChartName | None = None
    log: bool = False
    smooth: bool = True
    window: tuple[float, float] = (0.0, 1.0)

    def names(self, room: int) -> tuple[ChartName, ...]:
        """The charts that are shown where there is room for so many."""
        return (self.alone,) if self.alone else CHARTS[: max(1, room)]

    def next_chart(self, room: int) -> "ChartOptions":
        """From several charts through each alone, and back; where there is room for one, from each to the next."""
        if room <= 1:
            here = CHARTS.index(self.alone or CHARTS[0])
            return replace(self, alone=CHARTS[(here + 1) % len(CHARTS)])
        order = (None, *CHARTS)
        return replace(self, alone=order[(order.index(self.alone) + 1) % len(order)])

    @property
    def zoomed_in(self) -> bool:
        """Whether a part of the x axis is out of sight."""
        return self.window != (0.0, 1.0)

    def zoomed(self, way: int) -> "ChartOptions":
        """Half as much in sight (`way` above 0) or twice as much; the right end stays."""
        start, end = self.window
        width = min(1.0, max(0.01, (end - start) * (0.5 if way > 0 else 2.0)))
        start = max(0.0, end - width)
        return replace(self, window=(start, start + width))

    def panned(self, way: int) -> "ChartOptions":
        """Half a window to the right (`way` above 0) or to the left, as far as there is something."""
        start, end = self.window
        width = end - start
        start = min(1.0 - width, max(0.0, start + way * width / 2))
        return replace(self, window=(start, start + width))
