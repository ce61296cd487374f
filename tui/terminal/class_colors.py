"""The classes' colours where a terminal has 256 or 16 of them: no two classes that occur together look alike.

Rounded to what there is, bus, train and truck would be one colour, and of sixteen half of the classes would be grey.

- 256: found by `benchmarks/class_colors.py`. As near to the official colours as may be with APART between any two.
- 16: there are fifteen beside the black of `unknown`, for 19 classes. Four pairs share one, of classes that occur
  together in at most one image of a hundred (SELDOM_TOGETHER; counted on BDD100K's validation masks). Each class keeps
  its hue where it has one; those without (building, fence, light) have the greys.
"""

from functools import lru_cache

from bddseg_tui.core.classes import CLASSES, PALETTE
from bddseg_tui.tui.terminal.few_colors import EIGHT_BIT, Colors, FewColors
from bddseg_tui.tui.terminal.oklab import Rgb

APART: dict[FewColors, float] = {"256": 10.0, "16": 7.5}
"""How different (OKLab, 100 is black and white) two classes' colours are at least, in xterm's sixteen too; of the
official ones the nearest two are 5.6 apart."""
SELDOM_TOGETHER = frozenset(
    {("wall", "rider"), ("truck", "bicycle"), ("bus", "motorcycle"), ("building", "train")},
)
"""Classes that share one of 16 colours."""
CLASS_NUMBERS: dict[FewColors, tuple[int, ...]] = {
    "256": (90, 201, 239, 61, 174, 246, 214, 184, 64, 120, 31, 160, 197, 19, 17, 236, 24, 21, 88, 16),
    "16": (5, 13, 8, 9, 7, 14, 15, 11, 2, 10, 6, 1, 9, 12, 3, 4, 8, 4, 3, 0),
}
"""The number of each class's colour, by id."""


@lru_cache(maxsize=4)
def class_palette(colors: Colors) -> tuple[int, ...]:
    """Red, green and blue of each class, one after another, as Pillow's `putpalette` takes them."""
    if colors == "truecolor":
        return PALETTE
    return tuple(channel for number in CLASS_NUMBERS[colors] for channel in EIGHT_BIT[number])


@lru_cache(maxsize=2)
def numbers_by_official(colors: FewColors) -> dict[Rgb, int]:
    """The number of a class's colour by its official one."""
    return dict(zip((c.color for c in CLASSES), CLASS_NUMBERS[colors], strict=True))
