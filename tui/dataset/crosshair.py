"""What the crosshair of a picture is on: the pixel, and its actual and predicted class."""

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.pixel_classes import pixel_classes
from bddseg_tui.tui.dataset.shown import Shown


def crosshair(shown: Shown) -> str:
    """The pixel's coordinates and its classes by name; '' where there is no crosshair. Reads files."""
    row, request = shown.row, shown.request
    if row is None or request is None or request.cross is None or not (row.width and row.height):
        return ""
    x, y = request.cross
    found = pixel_classes(request, (x, y), (row.width, row.height))
    words = [f"+ {x},{y}"]
    if found.actual is not None:
        words.append(f"actual {CLASSES[found.actual].name}")
    if found.predicted is not None:
        words.append(f"predicted {CLASSES[found.predicted].name}")
    return "  ".join(words)
