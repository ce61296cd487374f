"""Reading one image or mask file, whatever is in it.

Pillow raises a dozen unrelated exceptions on broken input (OSError, SyntaxError, struct.error, ValueError,
zlib.error, DecompressionBombError, EOFError ...). Here they all become `BadFileError`, with a kind and a line.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import NUM_OFFICIAL, RAW_UNKNOWN, UNKNOWN
from bddseg_tui.core.data.exif_orientation import is_sideways, orientation, orientation_in_header, upright
from bddseg_tui.core.data.mask_faults import bits_of, fault_of_format, fault_of_values
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_reason
from bddseg_tui.core.sanitize import sanitize, sanitize_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

READER_VERSION = 2
"""Changes when the same file is read as something else: what was cached under another version is read again.

2: upright, as EXIF says; palettes whose indices are train ids.
"""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
MAX_PIXELS = 100_000_000
"""A larger picture is refused unread: a 100-megapixel file is a mistake or an attack here."""


class BadFileError(BddsegError):
    """A file that cannot be used.

    `kind` is one of unreadable-image, truncated-image, unreadable-mask, palette-mask, rgb-mask, jpeg-mask, binary-mask,
    mask-depth, mask-value and size-mismatch; `detail` says what is wrong and what to do.
    """

    def __init__(self, kind: str, path: Path, detail: str) -> None:
        super().__init__(f"{sanitize_path(path)}: {detail}")
        self.kind = kind
        self.path = path
        self.detail = detail

    def __reduce__(self) -> tuple[type["BadFileError"], tuple[str, Path, str]]:
        # An exception with more than its message needs this to come back from a worker process.
        return type(self), (self.kind, self.path, self.detail)


def read_image(path: Path, at_least: tuple[int, int] | None = None) -> "Image":
    """Decodes an image to RGB, upright as every viewer shows it.

    `at_least` (width, height) lets a JPEG be decoded at 1/2, 1/4 or 1/8 as long as it stays that large, which
    is several times faster.

    Raises:
        BadFileError: of kind unreadable-image or truncated-image.
    """
    try:
        with _opened(path) as image:
            if at_least is not None and image.format in ("JPEG", "MPO"):
                image.draft("RGB", at_least[::-1] if is_sideways(orientation(image)) else at_least)
            decoded = upright(image.convert("RGB"), orientation(image))
            # Nobody who gets it may turn it once more.
            decoded.info = {}
            return decoded
    except Exception as error:
        kind, detail = _image_failure(error)
        raise BadFileError(kind, path, detail) from error


def read_size(path: Path) -> tuple[int, int]:
    """(width, height) of the upright picture, from the file's header.

    Raises:
        BadFileError: of kind unreadable-image.
    """
    width, height, turned = _header(path)
    return (height, width) if is_sideways(turned) else (width, height)


def read_orientation(path: Path) -> int:
    """How the stored pixels have to be turned, 1 (not at all) to 8, as EXIF counts.

    Raises:
        BadFileError: of kind unreadable-image.
    """
    return _header(path)[2]


def read_mask(path: Path, strict: bool = True) -> "NDArray[np.uint8]":
    """Decodes a mask to class ids: uint8 [height, width], values 0..19 (raw 255 becomes 19, `unknown`), upright.

    Of a palette the indices are the values. With `strict` off, values outside 0..18 and 255 become unknown too and a
    colour map's indices are taken as they are, so that a person can at least look at the mask.

    Raises:
        BadFileError: of kind unreadable-mask, palette-mask, rgb-mask, jpeg-mask, binary-mask, mask-depth or mask-value.
    """
    import numpy as np

    raw = np.asarray(read_mask_values(path, strict), dtype=np.uint8)
    return _to_class_ids(raw, path, strict)


def read_mask_values(path: Path, strict: bool = True) -> "Image":
    """Decodes a mask to the values that the file holds, as a picture of mode L, upright; without numpy.

    Raises:
        BadFileError: as `read_mask`, but for mask-value.
    """
    from PIL import Image

    try:
        with _opened(path) as image:
            bits = bits_of(image)
            image.load()
            fault = fault_of_format(image, bits)
            if fault is None or (not strict and image.mode in ("L", "P")):
                values = image if image.mode == "L" else Image.frombytes("L", image.size, image.tobytes())
                return upright(values, orientation(image))
    except Exception as error:
        raise BadFileError("unreadable-mask", path, f"cannot be decoded ({_reason(error)}): copy it again") from error
    raise BadFileError(fault[0], path, fault[1])


def _header(path: Path) -> tuple[int, int, int]:
    """(width, height, orientation) of the stored pixels."""
    try:
        with _opened(path) as image:
            size = image.size
            return *size, orientation_in_header(image, path)
    except Exception as error:
        kind, detail = _image_failure(error)
        raise BadFileError(kind, path, detail) from error


@contextmanager
def _opened(path: Path) -> "Iterator[Image]":
    """An image with its header read; Pillow's warnings, which would be printed over the app, are dropped."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # A file and not its name: by name Pillow maps some into memory, where one that is cut meanwhile ends the
        # process (SIGBUS), and garbles a TIFF that lies on its side.
        with path.open("rb") as file, Image.open(file) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width}x{image.height} pixels are too many")
            yield image


def _to_class_ids(raw: "NDArray[np.uint8]", path: Path, strict: bool) -> "NDArray[np.uint8]":
    import numpy as np

    ids = raw.copy()
    ids[raw == RAW_UNKNOWN] = UNKNOWN
    wrong = (raw >= NUM_OFFICIAL) & (raw != RAW_UNKNOWN)
    if wrong.any():
        if strict:
            kind, detail = fault_of_values(np.unique(raw[wrong]).tolist())
            raise BadFileError(kind, path, detail)
        ids[wrong] = UNKNOWN
    return ids


def _image_failure(error: Exception) -> tuple[str, str]:
    reason = _reason(error)
    if "truncated" in reason or "broken data stream" in reason or "unexpected end" in reason.lower():
        return "truncated-image", f"ends too early ({reason}): copy it again"
    return "unreadable-image", f"cannot be decoded ({reason}): copy it again or take it out"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return disk_reason(error)
    text = str(error).split("'/")[0].split("b'")[0].strip()
    return sanitize(text)[:120] or type(error).__name__


def mask_shares(path: Path) -> tuple[float, ...]:
    """Percentage (0..100) of a mask's pixels by class, 20 of them.

    Raises:
        BadFileError: it cannot be read.
    """
    import numpy as np

    mask = read_mask(path, strict=False)
    return tuple((100.0 * np.bincount(mask.ravel(), minlength=UNKNOWN + 1) / mask.size).tolist())
