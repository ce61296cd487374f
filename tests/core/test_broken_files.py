"""Fifty kinds of broken image and mask: each is named, none raises anything but BadFileError."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask
from bddseg_tui.core.data.validate_dataset import check_dataset


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    noise = random.Random(1).randbytes(size[0] * size[1] * len(mode))
    sink = BytesIO()
    Image.frombytes(mode, size, noise).save(sink, kind, **options)
    return sink.getvalue()


JPEG, PNG = encoded("JPEG"), encoded("PNG")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, color: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def flipped(data: bytes, seed: int) -> bytes:
    """Bytes of the header and the compressed data turned over, so that decoding cannot succeed."""
    rng, changed = random.Random(seed), bytearray(data)
    for place in [2, 3, *rng.sample(range(4, len(data)), 40)]:
        changed[place] ^= 0xFF
    return bytes(changed)


BROKEN_IMAGES: dict[str, bytes] = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"not an image",
    "html": b"<html>404</html>",
    "zeros": bytes(4096),
    "random": random.Random(2).randbytes(4096),
    "only a jpeg marker": b"\xff\xd8\xff\xe0",
    "only a png signature": b"\x89PNG\r\n\x1a\n",
    "gzip": b"\x1f\x8b\x08" + bytes(50),
    "pdf": b"%PDF-1.7\n",
    "bomb": png(60000, 60000, 8, 0, zlib.compress(b"")),
    "no data": png(64, 48, 8, 2, b""),
    "bad deflate": png(64, 48, 8, 2, b"\x00" * 60),
    "bad depth": png(64, 48, 3, 2, b""),
    "no width": png(0, 48, 8, 2, zlib.compress(b"")),
    "short data": png(64, 48, 8, 2, zlib.compress(bytes(100))),
    "webp header": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "bmp header": b"BM" + bytes(24),
    "gif header": b"GIF89a" + bytes(3),
    "git lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    **{f"jpeg cut to {part} %": JPEG[: len(JPEG) * part // 100] for part in (5, 25, 50, 75, 90)},
    **{f"png cut to {part} %": PNG[: len(PNG) * part // 100] for part in (5, 25, 50, 75, 90)},
    **{f"png flipped {seed}": flipped(PNG, seed) for seed in range(2)},
}

_good = bytes(64 * 48)


def mask(mode: str, data: bytes | None = None, **options: object) -> bytes:
    sink = BytesIO()
    size = (64, 48)
    (Image.frombytes(mode, size, data) if data is not None else Image.new(mode, size)).save(sink, "PNG", **options)
    return sink.getvalue()


def coloured(classes: list[int]) -> bytes:
    """A palette mask whose indices 0, 1, ... have the colours of these classes."""
    picture = Image.frombytes("P", (64, 48), bytes(i % len(classes) for i in range(64 * 48)))
    picture.putpalette([channel for c in classes for channel in CLASSES[c].color])
    sink = BytesIO()
    picture.save(sink, "PNG")
    return sink.getvalue()


_sink = BytesIO()
Image.new("L", (64, 48)).save(_sink, "JPEG")
JPEG_ROAD = _sink.getvalue()


BROKEN_MASKS: dict[str, tuple[bytes, str]] = {
    "rgb": (mask("RGB"), "rgb-mask"),
    "rgba": (mask("RGBA"), "rgb-mask"),
    "grey with alpha": (mask("LA"), "rgb-mask"),
    "colour map with a palette": (coloured([2, 0, 13]), "palette-mask"),
    "16 bits": (mask("I;16"), "mask-depth"),
    "4 bits": (mask("L", _good, bits=4), "mask-depth"),
    "2 bits": (mask("L", _good, bits=2), "mask-depth"),
    "1 bit": (mask("1"), "binary-mask"),
    "value 19": (mask("L", bytes([19]) + _good[1:]), "mask-value"),
    "value 34": (mask("L", bytes([34]) * 3072), "mask-value"),
    "value 254": (mask("L", _good[:-1] + bytes([254])), "mask-value"),
    "value 128": (mask("L", bytes([128, 255]) + _good[2:]), "mask-value"),
    "jpeg noise": (encoded("JPEG", "L"), "jpeg-mask"),
    "jpeg of one value": (JPEG_ROAD, "jpeg-mask"),
    "empty": (b"", "unreadable-mask"),
    "text": (b"mask", "unreadable-mask"),
    "zeros": (bytes(512), "unreadable-mask"),
    "cut": (mask("L", random.Random(3).randbytes(3072))[:900], "unreadable-mask"),
    "bomb": (png(60000, 60000, 8, 0, zlib.compress(b"")), "unreadable-mask"),
    "no data": (png(64, 48, 8, 0, b""), "unreadable-mask"),
    "bad depth": (png(64, 48, 7, 0, b""), "unreadable-mask"),
    "webp header": (b"RIFF\x24\0\0\0WEBPVP8 ", "unreadable-mask"),
}


def test_there_are_fifty_kinds() -> None:
    assert len(BROKEN_IMAGES) + len(BROKEN_MASKS) >= 50


@pytest.mark.parametrize("name", BROKEN_IMAGES)
def test_a_broken_image_is_named_in_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(BROKEN_IMAGES[name])
    with pytest.raises(BadFileError) as caught:
        read_image(path)
    assert caught.value.kind in ("unreadable-image", "truncated-image")
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", BROKEN_MASKS)
def test_a_broken_mask_is_named_with_its_kind(name: str, tmp_path: Path) -> None:
    data, kind = BROKEN_MASKS[name]
    path = tmp_path / "broken.png"
    path.write_bytes(data)
    with pytest.raises(BadFileError) as caught:
        read_mask(path)
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reader", [read_image, read_mask])
def test_a_missing_file_and_a_folder_are_bad_files_too(reader: Callable[[Path], object], tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(BadFileError):
            reader(path)


def test_a_check_finds_every_broken_file_of_a_dataset(dataset: Path) -> None:
    images, masks = dataset / "images/10k/train", dataset / "labels/sem_seg/masks/train"
    expected = set()
    for number, data in enumerate(BROKEN_IMAGES.values()):
        (images / f"broken{number}.jpg").write_bytes(data)
        expected.add(f"broken{number}.jpg")
        (masks / f"broken{number}.png").write_bytes(mask("L", _good))
    for number, (data, _) in enumerate(BROKEN_MASKS.values()):
        (images / f"badmask{number}.jpg").write_bytes(JPEG)
        (masks / f"badmask{number}.png").write_bytes(data)
        expected.add(f"badmask{number}.png")
    found = check_dataset(open_dataset(dataset), workers=2)
    assert {p.path.name for p in found.problems} == expected
