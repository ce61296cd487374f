"""What the crosshair of a picture is on: the pixel, and its actual and predicted class."""

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.data.pixel_classes import pixel_classes


def crosshair(row: Row, request: PictureRequest) -> str:
    """The pixel's coordinates and its classes by name; '' where there is no crosshair. Reads files."""
    if request.cross is None or not (row.width and row.height):
        return ""
    x, y = request.cross
    found = pixel_classes(request, (x, y), (row.width, row.height))
    words = [f"+ {x},{y}"]
    if found.actual is not None:
        words.append(f"actual {CLASSES[found.actual].name}")
    if found.predicted is not None:
        words.append(f"predicted {CLASSES[found.predicted].name}")
    return "  ".join(words)
