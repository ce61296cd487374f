"""The 20 classes: the 19 train ids that BDD100K shares with Cityscapes, and `unknown`.

Names, ids and colours are those of the Cityscapes label definitions
(cityscapesscripts/helpers/labels.py), which BDD100K's own toolkit repeats.
"""

from typing import NamedTuple


class SegClass(NamedTuple):
    """One class: its train id (0..19), official name and official RGB colour (0..255 each)."""

    id: int
    name: str
    color: tuple[int, int, int]

    @property
    def slug(self) -> str:
        """The name as one word, as filters spell it: `traffic light` -> `traffic-light`."""
        return self.name.replace(" ", "-")


CLASSES: tuple[SegClass, ...] = (
    SegClass(0, "road", (128, 64, 128)),
    SegClass(1, "sidewalk", (244, 35, 232)),
    SegClass(2, "building", (70, 70, 70)),
    SegClass(3, "wall", (102, 102, 156)),
    SegClass(4, "fence", (190, 153, 153)),
    SegClass(5, "pole", (153, 153, 153)),
    SegClass(6, "traffic light", (250, 170, 30)),
    SegClass(7, "traffic sign", (220, 220, 0)),
    SegClass(8, "vegetation", (107, 142, 35)),
    SegClass(9, "terrain", (152, 251, 152)),
    SegClass(10, "sky", (70, 130, 180)),
    SegClass(11, "person", (220, 20, 60)),
    SegClass(12, "rider", (255, 0, 0)),
    SegClass(13, "car", (0, 0, 142)),
    SegClass(14, "truck", (0, 0, 70)),
    SegClass(15, "bus", (0, 60, 100)),
    SegClass(16, "train", (0, 80, 100)),
    SegClass(17, "motorcycle", (0, 0, 230)),
    SegClass(18, "bicycle", (119, 11, 32)),
    SegClass(19, "unknown", (0, 0, 0)),
)

NUM_CLASSES = len(CLASSES)
PALETTE: tuple[int, ...] = tuple(channel for c in CLASSES for channel in c.color)
"""Red, green and blue (0..255) of each class, one after another, as Pillow's `putpalette` takes them."""
NUM_OFFICIAL = 19
"""Classes that the official metrics count; `unknown` is not one of them."""

UNKNOWN = 19
"""Class id of `unknown` in memory."""

RAW_UNKNOWN = 255
"""Value of `unknown` in mask files."""

_BY_NAME = {key: c for c in CLASSES for key in (c.name, c.slug, c.name.replace(" ", ""), str(c.id))}


def find_class(text: str) -> SegClass:
    """Returns the class with this name, slug or id, whatever the case.

    Raises:
        ValueError: no class is called that; the message names the nearest one.
    """
    found = _BY_NAME.get(text.strip().lower())
    if found is None:
        from bddseg_tui.core.suggest import suggestion

        raise ValueError(f"no class is called {text!r}{suggestion(text, [c.slug for c in CLASSES])}")
    return found
