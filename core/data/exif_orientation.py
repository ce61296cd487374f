"""Which way up a picture is: its pixels may lie on their side, and its EXIF says how to hold them.

Every viewer turns them. Pillow does so by itself for TIFF alone; its `ImageOps.exif_transpose` would do for the rest,
but raises on EXIF that makes no sense, which viewers pass over, and has to decode the picture to know its size.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_TAG = 0x0112
_LATE = (b"eXIf", b"iTXtXML:com.adobe.xmp", b"zTXtRaw profile type", b"tEXtRaw profile type")
"""How chunks of a PNG begin that can say it and may follow the pixels."""


def orientation(image: "Image") -> int:
    """1 to 8 as EXIF counts them, 1 where it says nothing or makes no sense.

    Of a PNG it is known once the pixels are decoded; `orientation_in_header` needs that only where it has to.
    """
    from PIL.Image import Image

    if image.format == "TIFF":
        return 1
    try:
        # Not PngImageFile's own, which decodes.
        value = Image.getexif(image).get(_TAG, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def orientation_in_header(image: "Image", path: Path) -> int:
    """`orientation` of a picture that is not decoded yet."""
    if image.format == "PNG" and _says_it_late(path):
        image.load()
    return orientation(image)


def is_sideways(orientation: int) -> bool:
    """Whether width and height change places."""
    return orientation >= 5


def upright(decoded: "Image", orientation: int) -> "Image":
    """The decoded picture turned and mirrored as its orientation asks for."""
    from PIL.Image import Transpose

    if orientation == 1:
        return decoded
    turns = (
        Transpose.FLIP_LEFT_RIGHT,
        Transpose.ROTATE_180,
        Transpose.FLIP_TOP_BOTTOM,
        Transpose.TRANSPOSE,
        Transpose.ROTATE_270,
        Transpose.TRANSVERSE,
        Transpose.ROTATE_90,
    )
    return decoded.transpose(turns[orientation - 2])


def _says_it_late(path: Path) -> bool:
    """Whether a PNG has EXIF or XMP behind its pixels."""
    with path.open("rb") as file:
        file.seek(8)
        pixels = False
        while len(head := file.read(32)) >= 12:
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if pixels and head[4:].startswith(_LATE):
                return True
            pixels = pixels or kind == b"IDAT"
            file.seek(length + 12 - len(head), 1)
    return False
