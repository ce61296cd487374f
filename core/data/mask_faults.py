"""What a file that should be a mask of train ids is instead: said by its kind and in words.

Train ids are 0 to 18, and 255 for unknown, one byte a pixel.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL, RAW_UNKNOWN, UNKNOWN

if TYPE_CHECKING:
    from PIL.Image import Image

Fault = tuple[str, str]
"""A kind (see BadFileError) and what is wrong with what to do."""

_CONVERT = "convert it to 8-bit train ids (the official `masks` folder has them, `colormaps` has not)"
_COLOURS = {c.color: c.id for c in CLASSES[:NUM_OFFICIAL]}
_LAST_LABEL_ID = 33
_MOST_COLOURS = 4096
_MOSTLY = 0.9


def bits_of(image: "Image") -> int | None:
    """Bits of a pixel of a grey picture whose header is read; None where Pillow does not say."""
    from PIL.ImageFile import ImageFile

    raw = image.tile[0].args if isinstance(image, ImageFile) and image.tile else None
    name = raw if isinstance(raw, str) else raw[0] if isinstance(raw, tuple) and raw else ""
    mode, _, bits = str(name).partition(";")
    digits = bits.rstrip("BIRSN")
    return 1 if mode == "1" else int(digits) if mode in ("L", "I") and digits.isdigit() else None


def fault_of_format(image: "Image", bits: int | None) -> Fault | None:
    """Why a decoded picture cannot hold train ids; None if it can."""
    if image.format in ("JPEG", "MPO"):
        return "jpeg-mask", "is a JPEG, whose compression changes class ids: export it as PNG from where it was drawn"
    if image.mode == "1" or bits == 1:
        return "binary-mask", "has 1 bit a pixel: it tells two areas apart, not classes; export 8-bit train ids"
    if image.mode.startswith("I") or bits == 16:
        return "mask-depth", "has 16 or more bits a pixel instead of 8: save the train ids as 8-bit grey"
    if bits in (2, 4):
        return (
            "mask-depth",
            f"has {bits} bits a pixel, which are read as grey of 0 to 255: save the train ids as 8-bit grey",
        )
    if image.mode == "P":
        return _fault_of_palette(image)
    return None if image.mode == "L" else _fault_of_colour(image)


def fault_of_values(wrong: Collection[int]) -> Fault:
    """What a mask is that has these values beside train ids."""
    shown = ", ".join(str(v) for v in sorted(wrong)[:8])
    if set(wrong) == {UNKNOWN}:
        return "mask-value", "value 19 is no train id: unknown is 255 in files"
    if max(wrong) <= _LAST_LABEL_ID:
        advice = "convert it to train ids (cityscapesscripts: createTrainIdLabelImgs)"
        return "mask-value", f"values of label ids, not of train ids ({shown}): {advice}"
    return "mask-value", f"values outside 0..18 and 255 ({shown}): map them to train ids or to 255"


def doubt_of_values(values: Collection[int]) -> Fault | None:
    """What a mask seems to be whose values are all train ids (unknown as 255), but hardly those of a street.

    None of 7,600 masks of BDD100K and CamVid has just these values.
    """
    there = set(values)
    if len(there) < 2:
        return None
    if 2 in there and there <= {0, 1, 2}:
        detail = "has only the values 0 to 2, as maps of the drivable area have: take the masks of `sem_seg` instead"
        return "drivable-map", detail
    if there in ({0, 1}, {0, RAW_UNKNOWN}, {1, RAW_UNKNOWN}):
        named = " and ".join(map(str, sorted(there)))
        return "binary-mask", f"has only the values {named}: it tells two areas apart, not classes; export train ids"
    return None


def _fault_of_palette(image: "Image") -> Fault | None:
    """Palette masks whose indices are train ids are read. Those that are colour maps give an index another's colour."""
    palette = image.getpalette() or []
    for _, index in image.getcolors(256) or []:
        colour = tuple(palette[3 * int(index) : 3 * int(index) + 3])  # type: ignore[arg-type]
        meant = _COLOURS.get(colour)  # type: ignore[arg-type]
        if meant is not None and meant != index:
            detail = f"is a colour map: its palette gives index {index} the colour of {CLASSES[meant].name}; {_CONVERT}"
            return "palette-mask", detail
    return None


def _fault_of_colour(image: "Image") -> Fault:
    mode = image.mode
    if mode in ("LA", "PA", "La"):
        return "rgb-mask", f"has an alpha channel (mode {mode}): save the train ids as 8-bit grey"
    if not mode.startswith(("RGB", "CMYK", "YCbCr")):
        return "unreadable-mask", f"mode {mode} instead of 8-bit grey: {_CONVERT}"
    colours = image.convert("RGB").getcolors(_MOST_COLOURS) or []
    total = sum(n for n, _ in colours)
    known = sum(n for n, colour in colours if colour in _COLOURS or colour == (0, 0, 0))
    if total and known >= _MOSTLY * total and any(colour in _COLOURS for _, colour in colours):
        return "rgb-mask", f"is a colour map in the colours of Cityscapes, not train ids: {_CONVERT}"
    if total and all(isinstance(c, tuple) and c[0] == c[1] == c[2] for _, c in colours):
        return "rgb-mask", f"has its values in three channels (mode {mode}): save one of them as 8-bit grey"
    return "rgb-mask", f"mode {mode} instead of 8-bit grey: {_CONVERT}"
