"""A mask of another size than its image, said in one way wherever a sample is read."""

from pathlib import Path

from bddseg_tui.core.data.exif_orientation import is_sideways
from bddseg_tui.core.data.image_file import BadFileError, read_orientation


def size_mismatch(image: Path, mask: Path, image_size: tuple[int, int], mask_size: tuple[int, int]) -> BadFileError:
    """Returns the error of a mask that does not fit, which names EXIF where that is why.

    Args:
        image: the image's file.
        mask: the mask's file.
        image_size: (width, height) of the upright image.
        mask_size: (width, height) of the upright mask.
    """
    said = f"is {mask_size[0]}x{mask_size[1]} but its image is {image_size[0]}x{image_size[1]}"
    if image_size == mask_size[::-1]:
        if is_sideways(turned := _orientation(image)):
            why = f"it fits the stored pixels, not the upright picture (EXIF orientation {turned}); turn the mask"
            return BadFileError("size-mismatch", mask, f"{said}: {why}")
        if is_sideways(turned := _orientation(mask)):
            why = f"the mask's own EXIF (orientation {turned}) turns it; take that out"
            return BadFileError("size-mismatch", mask, f"{said}: {why}")
    return BadFileError("size-mismatch", mask, f"{said}: export one of them anew")


def _orientation(path: Path) -> int:
    try:
        return read_orientation(path)
    except BadFileError:
        return 1
