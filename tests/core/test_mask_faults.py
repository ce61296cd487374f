"""What is no mask of train ids is named as what it is; palettes whose indices are train ids are read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.image_file import BadFileError, read_mask
from bddseg_tui.core.data.mask_faults import doubt_of_values
from bddseg_tui.core.data.pictures import PictureRequest, compose
from bddseg_tui.core.data.validate_dataset import check_sample

PALETTE = [channel for c in CLASSES[:19] for channel in c.color]
IDS = np.tile(np.arange(19, dtype=np.uint8), (19, 1))


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("palette", [PALETTE, [7 * i % 256 for i in range(768)], [i // 3 for i in range(768)]])
def test_palette_masks_whose_indices_are_train_ids_are_read(tmp_path: Path, palette: list[int], unknown: bool) -> None:
    raw = IDS.copy()
    if unknown:
        raw[0] = 255
    mask = Image.fromarray(raw)
    mask.putpalette(palette)
    assert mask.mode == "P"
    mask.save(tmp_path / "x.png")
    expected = np.where(raw == 255, 19, raw)
    assert np.array_equal(read_mask(tmp_path / "x.png"), expected)
    Image.new("RGB", (19, 19)).save(tmp_path / "x.jpg")
    assert check_sample(Sample("train", tmp_path / "x.jpg", tmp_path / "x.png")) == []
    seen = compose(PictureRequest(tmp_path / "x.jpg", tmp_path / "x.png", view="mask"), (19, 19))
    assert seen.getpixel((13, 5)) == CLASSES[13].color


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_palettes_of_few_bits_are_read_as_their_indices(tmp_path: Path, bits: int) -> None:
    mask = Image.fromarray(IDS[:, : 2**bits].copy())
    mask.putpalette(PALETTE[: 3 * 2**bits])
    mask.save(tmp_path / "x.png", bits=bits)
    assert np.array_equal(read_mask(tmp_path / "x.png"), IDS[:, : 2**bits])


def test_an_interlaced_mask_is_read(tmp_path: Path) -> None:
    # Pillow writes none: 8x8 of road in Adam7, made by hand.
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    rows = b"".join((b"\0" + bytes([number] * width)) * height for number, (width, height) in enumerate(passes))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    mask = read_mask(tmp_path / "x.png")
    assert mask[0, 0] == 0 and mask[0, 4] == 1 and mask[1].tolist() == [6] * 8


def faults(path: Path, mask: Image.Image, transparency: int | bytes | None = None) -> tuple[str, str]:
    mask.save(path / "x.png", transparency=transparency)
    with pytest.raises(BadFileError) as caught:
        read_mask(path / "x.png")
    return caught.value.kind, caught.value.detail


def colours(mode: str) -> Image.Image:
    mask = Image.fromarray(IDS)
    mask.putpalette(PALETTE)
    return mask.convert(mode)


@pytest.mark.parametrize(
    ("mask", "kind", "says"),
    [
        (colours("RGB"), "rgb-mask", "colour map in the colours of Cityscapes"),
        (colours("RGBA"), "rgb-mask", "colour map in the colours of Cityscapes"),
        (colours("RGB").quantize(19), "palette-mask", "colour map: its palette gives index"),
        (Image.merge("RGB", [Image.fromarray(IDS)] * 3), "rgb-mask", "in three channels"),
        (Image.merge("LA", [Image.fromarray(IDS)] * 2), "rgb-mask", "alpha channel"),
        (Image.new("RGB", (9, 9), "pink"), "rgb-mask", "mode RGB instead of 8-bit grey"),
        (Image.new("1", (9, 9)), "binary-mask", "1 bit a pixel"),
        (Image.fromarray(IDS.astype(np.uint16)), "mask-depth", "16 or more bits"),
        (Image.fromarray(IDS + 7), "mask-value", "label ids, not of train ids"),
        (Image.fromarray(np.minimum(IDS + 1, 19)), "mask-value", "unknown is 255 in files"),
        (Image.fromarray(IDS * 10), "mask-value", "outside 0..18 and 255"),
    ],
)
def test_what_is_no_mask_is_named(tmp_path: Path, mask: Image.Image, kind: str, says: str) -> None:
    found, detail = faults(tmp_path, mask)
    assert found == kind
    assert says in detail


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({0, 1, 2}, "drivable-map"),
        ({0, 2}, "drivable-map"),
        ({1, 2}, "drivable-map"),
        ({0, 1}, "binary-mask"),
        ({0, 255}, "binary-mask"),
        ({0}, None),
        ({0, 1, 2, 255}, None),
        ({0, 2, 13}, None),
        ({0, 10}, None),
    ],
)
def test_values_that_hardly_are_a_streets_are_doubted(values: set[int], kind: str | None) -> None:
    doubt = doubt_of_values(values)
    assert (doubt and doubt[0]) == kind


def test_a_check_names_drivable_maps(tmp_path: Path) -> None:
    Image.fromarray(IDS[:, :3].copy()).save(tmp_path / "x.png")
    Image.new("RGB", (3, 19)).save(tmp_path / "x.jpg")
    found = check_sample(Sample("val", tmp_path / "x.jpg", tmp_path / "x.png"))
    assert [p.kind for p in found] == ["drivable-map"]
    assert "drivable area" in found[0].detail
