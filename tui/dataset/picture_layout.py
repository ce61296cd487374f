"""Where a picture, its caption and the legend stand: the picture is as large as the room allows."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, prod
from typing import TYPE_CHECKING

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement

from bddseg_tui.tui.shared.legend import ENTRY, WITH_ID, grid_size

if TYPE_CHECKING:
    from textual.widget import Widget

FEWEST_CLASSES = 15
"""Places that the legend has at least, where there are rows for them: hardly an image shows more classes."""


DRIVING = (16, 9)
"""The shape of a dataset's images, until one's size is known."""


def columns_a_row(shape: tuple[int, int], cell: tuple[int, int]) -> float:
    """How many columns a picture takes for each of its rows; its shape and a cell's are (width, height)."""
    return (shape[0] / cell[0]) / (shape[1] / cell[1])


@dataclass(frozen=True)
class Arrangement:
    """Regions of the three, in cells; that of a legend without room, or folded, is empty."""

    picture: Region
    caption: Region
    legend: Region


def arrange(size: Size, aspect: float, folded: bool = False) -> Arrangement:
    """Divides (width, height) cells among picture, caption and legend.

    The legend is below or beside, where the picture is larger; it takes what the picture leaves.

    Args:
        size: of the panel, in cells.
        aspect: columns of the picture for each of its rows.
        folded: the legend is not shown.
    """
    choices = [] if folded else [_below(size, aspect), _beside(size, aspect)]
    choices = [choice for choice in choices if choice.legend.area]
    return max(choices, key=lambda choice: _seen(choice.picture, aspect), default=_alone(size))


def _seen(region: Region, aspect: float) -> float:
    """Cells that a picture fills there."""
    width = min(region.width, region.height * aspect)
    return width * width / aspect


def _alone(size: Size) -> Arrangement:
    high = max(0, size.height - 1)
    return Arrangement(Region(0, 0, size.width, high), Region(0, high, size.width, 1), Region())


def _below(size: Size, aspect: float) -> Arrangement:
    room = size.height - 1
    enough = (h for h in range(1, room // 2) if prod(grid_size(size.width, h)) >= FEWEST_CLASSES)
    fewest = next(enough, max(0, room // 2))
    high = max(0, min(ceil(size.width / aspect), room - fewest))
    return Arrangement(
        Region(0, 0, size.width, high),
        Region(0, high, size.width, 1),
        Region(0, high + 1, size.width, max(0, room - high)),
    )


def _beside(size: Size, aspect: float) -> Arrangement:
    left = size.width - int((size.height - 1) * aspect)
    wide = min(max(ENTRY + 3, left), WITH_ID + 4)
    alone = _alone(Size(max(0, size.width - wide), size.height))
    legend = Region(size.width - wide + 1, 0, wide - 2, size.height) if alone.picture.width >= wide else Region()
    return Arrangement(alone.picture, alone.caption, legend)


class PictureLayout(Layout):
    """Arranges three children in their order: picture, caption, legend."""

    name = "picture"

    def __init__(self, arranged: Callable[[Size], Arrangement]) -> None:
        self._arranged = arranged

    def arrange(self, parent: "Widget", children: "list[Widget]", size: Size, greedy: bool = True) -> ArrangeResult:
        """Their places within `size`."""
        arrangement = self._arranged(size)
        regions = (arrangement.picture, arrangement.caption, arrangement.legend)
        return [
            WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, child)
            for child, region in zip(children, regions, strict=False)
        ]
