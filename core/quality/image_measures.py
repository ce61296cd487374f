"""What an image and its mask are measured by: sharpness, exposure, shape, how well the mask lies, where classes are."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask, read_size
from bddseg_tui.core.quality.mask_fit import WIDTH, mask_fit
from bddseg_tui.core.quality.places import Places, places_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_ACROSS = 640
"""Pixels across at which sharpness is measured, so that images of all sizes compare."""
_TYPICAL = 400.0
"""A variance of the Laplacian that is spoken of as 50 %."""
_DARK, _BRIGHT = 12, 250
"""Grey values (0..255) below and above which nothing can be seen."""


@dataclass(frozen=True)
class Measured:
    """Of one sample: its measures (0..1) by their names, and where its classes are; neither where it is broken."""

    sample: int
    image: Path
    values: dict[str, float] = field(default_factory=dict)
    places: Places | None = None


def measure(item: tuple[int, Path, Path | None, float]) -> Measured:
    """Measures a sample, (id, image, mask, width by height of most images); in a process of its own."""
    import numpy as np
    from PIL import Image

    sample, path, mask, usual = item
    try:
        image = read_image(path, (_ACROSS, 1))
    except BadFileError:
        return Measured(sample, path)
    height = max(1, round(_ACROSS * image.height / image.width))
    grey = np.asarray(image.convert("L").resize((_ACROSS, height), Image.Resampling.BILINEAR, reducing_gap=2.0))
    values = {
        "sharpness": _sharpness(grey),
        "underexposed": float((grey < _DARK).mean()),
        "overexposed": float((grey > _BRIGHT).mean()),
        "odd-shape": _difference(image.width / image.height, usual),
    }
    try:
        ids = None if mask is None else read_mask(mask)
    except BadFileError:
        ids = None
    if ids is None or read_size(path) != ids.shape[::-1]:
        return Measured(sample, path, values)
    if (fit := mask_fit(*_small(image, ids))) is not None:
        values["mask-fit"] = fit
    return Measured(sample, path, values, places_of(ids))


def _small(image: "Image", ids: "NDArray[np.uint8]") -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
    """Image [H, W, 3] and mask [H, W] at the size at which they are compared."""
    import numpy as np
    from PIL import Image

    size = WIDTH, max(8, round(WIDTH * image.height / image.width))
    photo = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    return photo, np.asarray(Image.fromarray(ids).resize(size, Image.Resampling.NEAREST))


def _sharpness(grey: "NDArray[np.uint8]") -> float:
    """The variance of the Laplacian, uint8 [H, W], as v / (v + what is typical): 0..1, the order stays."""
    import numpy as np

    if min(grey.shape) < 3:
        return 0.0
    values = grey.astype(np.float32)
    middle = values[1:-1, 1:-1]
    laplacian = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * middle
    variance = float(laplacian.var())
    return variance / (variance + _TYPICAL)


def _difference(shape: float, usual: float) -> float:
    """0 for the usual width by height, 0.5 for twice or half of it, towards 1."""
    return 1 - min(shape, usual) / max(shape, usual)
