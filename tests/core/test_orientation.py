"""EXIF orientation: every way of reading gives the upright picture, in every format, and the check names old masks."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bddseg_tui.core.data.catalog import Catalog, listing
from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.dataset import Sample, list_samples, open_dataset
from bddseg_tui.core.data.image_file import (
    READER_VERSION,
    read_image,
    read_mask,
    read_mask_values,
    read_orientation,
    read_size,
)
from bddseg_tui.core.data.pictures import PictureRequest, compose
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.data.validate_dataset import check_sample

SIZE = (96, 64)
FORMATS = ["JPEG", "MPO", "PNG", "WEBP", "TIFF"]


def picture() -> Image.Image:
    """Red above left, green above right, blue below left, white below right: no turn leaves it as it is."""
    made = Image.new("RGB", SIZE, "white")
    for colour, box in (("red", (0, 0, 48, 32)), ("lime", (48, 0, 96, 32)), ("blue", (0, 32, 48, 64))):
        made.paste(colour, box)
    return made


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """The pixels that `orientation` turns into the upright picture, by Pillow's own function turned round."""
    for candidate in (upright.transpose(t) for t in Image.Transpose):
        if orientation > 1 and np.array_equal(np.asarray(turned(candidate, orientation)), np.asarray(upright)):
            return candidate
    return upright


def turned(image: Image.Image, orientation: int) -> Image.Image:
    image = image.copy()
    image.getexif()[0x112] = orientation
    return ImageOps.exif_transpose(image)


def save(path: Path, image: Image.Image, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 95},
        "WEBP": {"lossless": True},
        "MPO": {"save_all": True, "append_images": [image], "quality": 95},
    }
    image.save(path, kind, exif=exif, **options.get(kind, {}))


def same(one: Image.Image, other: Image.Image) -> bool:
    near = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int))
    return one.size == other.size and float(near.mean()) < 6


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_read_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    path = tmp_path / "x.jpg"
    save(path, stored(picture(), orientation), kind, orientation)
    assert read_size(path) == SIZE
    whole = read_image(path)
    assert same(whole, picture())
    assert whole.getexif().get(0x112, 1) == 1
    small = read_image(path, at_least=(48, 32))
    assert small.size == ((48, 32) if kind in ("JPEG", "MPO") else SIZE)
    assert same(small, picture().resize(small.size))
    assert same(compose(PictureRequest(path, None), SIZE), picture())


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length = struct.unpack(">I", data[at : at + 4])[0]
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path: Path) -> None:
    sink = io.BytesIO()
    exif = Image.Exif()
    exif[0x112] = 6
    stored(picture(), 6).save(sink, "PNG", exif=exif)
    found = sorted(chunks(sink.getvalue()), key=lambda c: [b"IHDR", b"IDAT", b"eXIf", b"IEND"].index(c[0]))
    parts = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in found]
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    assert read_size(path) == SIZE
    assert same(read_image(path), picture())


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x05\0\0\0\x01\0\0\0\x1a\0\0\0\0\0\0\0\x06\0\0\0\x01",
    ],
)
def test_exif_that_makes_no_sense_is_passed_over(tmp_path: Path, exif: bytes) -> None:
    path = tmp_path / "x.jpg"
    picture().save(path, exif=exif, quality=95)
    assert read_size(path) == SIZE
    assert same(read_image(path), picture())


def ids() -> NDArray[np.uint8]:
    found = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    found[:20, :30] = 10
    found[40:, 60:] = 13
    return found


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_mask_with_exif_of_its_own_is_turned_too(tmp_path: Path, kind: str) -> None:
    for orientation in range(1, 9):
        save(tmp_path / "x.png", stored(Image.fromarray(ids()), orientation), kind, orientation)
        assert np.array_equal(read_mask(tmp_path / "x.png"), ids())
        assert np.array_equal(np.asarray(read_mask_values(tmp_path / "x.png")), ids())


def sample(root: Path, image: int, mask: int, drawn: Image.Image) -> Sample:
    save(root / "x.jpg", stored(picture(), image), "JPEG", image)
    save(root / "x.png", drawn, "PNG", mask)
    return Sample("train", root / "x.jpg", root / "x.png")


def test_a_mask_of_the_upright_picture_fits(tmp_path: Path) -> None:
    assert check_sample(sample(tmp_path, 6, 1, Image.fromarray(ids()))) == []


def test_a_mask_of_the_stored_pixels_is_named_as_such(tmp_path: Path) -> None:
    found = check_sample(sample(tmp_path, 6, 1, stored(Image.fromarray(ids()), 6)))
    assert [p.kind for p in found] == ["size-mismatch"]
    assert "fits the stored pixels, not the upright picture (EXIF orientation 6)" in found[0].detail


def test_a_mask_that_its_own_exif_turns_away_is_named_as_such(tmp_path: Path) -> None:
    found = check_sample(sample(tmp_path, 1, 8, Image.fromarray(ids())))
    assert "the mask's own EXIF (orientation 8) turns it" in found[0].detail
    assert read_orientation(tmp_path / "x.png") == 8


def test_a_catalog_knows_the_upright_size_and_counts(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for name, image in (("images", picture()), ("labels", Image.fromarray(ids()))):
        (root / name / "train").mkdir(parents=True)
        save(root / name / f"train/x.{'jpg' if name == 'images' else 'png'}", stored(image, 5), "PNG", 5)
    dataset = open_dataset(root)
    catalog = Catalog(tmp_path / "c.sqlite", root)
    scan(catalog, dataset, lambda done, total: None)
    row = catalog.find_images([s.image for s in list_samples(dataset)])[0]
    assert (row.width, row.height, row.problem) == (*SIZE, None)
    assert row.counts is not None and row.counts[10] == 600


def test_what_another_reader_saw_is_read_again(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog, dataset = collection.catalog, collection.dataset
    assert catalog.listed_at(dataset) is None or catalog.progress()[1] == 0
    monkeypatch.setattr(listing, "READER_VERSION", READER_VERSION + 1)
    assert catalog.listed_at(dataset) is None
    assert catalog.refresh(list_samples(dataset))[1] == 21


def test_what_a_training_cache_holds_of_another_reader_is_missing(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bddseg_tui.train import cache_index

    missing = []
    for version in (READER_VERSION, READER_VERSION, READER_VERSION + 1):
        monkeypatch.setattr(cache_index, "READER_VERSION", version)
        with cache_index.CacheIndex(tmp_path / "index", dataset) as index:
            count = index.list_files(list_samples(open_dataset(dataset)), 0)
            missing.append(index.missing())
            index.put((place, place, np.zeros(20, np.int64), None) for place in range(count))
    assert missing == [18, 0, 18]
