"""Zips that cannot be read: each is refused for its own true reason, and nothing is written."""

import errno
import io
import os
import resource
import shutil
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from bddseg_tui.core.data.unpack import unpack
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize


def zipped(entries: dict[str, bytes] | None = None) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (entries or {f"images/{i}.jpg": os.urandom(2000) for i in range(9)}).items():
            archive.writestr(name, data)
    return sink.getvalue()


def patched(data: bytes, offset: int, value: bytes, every: bool = True) -> bytes:
    """Bytes set in each header of the central directory (or in the first)."""
    changed, at = bytearray(data), data.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = data.find(b"PK\x01\x02", at + 1) if every else -1
    return bytes(changed)


def tarred(mode: Literal["w", "w:gz", "w:bz2", "w:xz"]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:
        archive.addfile(tarfile.TarInfo("images/a.jpg"))
    return bytes(sink.getvalue())


def lying(size: int) -> bytes:
    """A zip whose directory says another size than the entry has."""
    return patched(zipped({"images/a.jpg": bytes(1000)}), 24, struct.pack("<I", size))


def overlapping() -> bytes:
    """All entries of the directory point at the first one's data."""
    return patched(zipped({name: bytes(1000) for name in ("a", "b", "c")}), 42, struct.pack("<I", 0))


WHOLE = zipped()
REASONS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "web page": (b"\n<!DOCTYPE html><title>Login</title>", "it is a web page"),
    "cut": (WHOLE[: len(WHOLE) // 2], "cut off or damaged.: download it again"),
    "without its beginning": (WHOLE[len(WHOLE) // 2 :], "7z x"),
    "tar": (tarred("w"), "is a tar archive, not a zip: use `tar -xf"),
    "tar.gz": (tarred("w:gz"), "packed with gzip.*tar -xzf"),
    "tar.xz": (tarred("w:xz"), "packed with xz.*tar -xJf"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(99), "is a 7z archive, not a zip: use `7z x"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(99), "is a RAR archive, not a zip"),
    "something": (b"hello" * 50, "no readable zip"),
    "deflate64": (patched(WHOLE, 10, b"\x09\x00"), r"Deflate64 \(method 9\): unpack it with `7z x"),
    "unknown method": (patched(WHOLE, 10, b"\x63\x00"), "password"),
    "method 200": (patched(WHOLE, 10, b"\xc8\x00"), r"\(method 200\)"),
    "newer version": (patched(WHOLE, 6, b"\xff\x00", every=False), "newer version of the zip format"),
    "password": (patched(WHOLE, 8, b"\x01\x00"), "protected by a password: unpack it with `7z x"),
    "strong encryption": (patched(WHOLE, 8, b"\x41\x00"), "password"),
    "patched data": (patched(WHOLE, 8, b"\x20\x00"), "is damaged at images/0.jpg"),
    "names that are no UTF-8": (patched(patched(WHOLE, 9, b"\x08"), 46, b"\xff\xff"), "no readable zip"),
    "longer than told": (lying(10), "is damaged at images/a.jpg"),
    "shorter than told": (lying(2000), "is damaged at images/a.jpg"),
    "overlapping": (overlapping(), "overlap, as zip bombs"),
    "larger than the disk": (lying(0xFFFFFFFE), "make room or name another folder; nothing was written|damaged"),
    "directory beyond the end": (patched(WHOLE, 20, b"\xff\xff\xff\x0f"), "overlap|ends too early"),
    "other bytes": (WHOLE[:60] + b"\xff" * 20 + WHOLE[80:], "is damaged at images/0.jpg.*download it again"),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_zip_that_cannot_be_read_has_its_own_reason(case: str, tmp_path: Path) -> None:
    data, says = REASONS[case]
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(BddsegError, match=says) as caught:
        unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert sanitize(str(caught.value)) == str(caught.value)
    written = [p for p in tmp_path.rglob("*") if p.is_file() and p.name not in ("a.zip", ".bddseg-tui")]
    assert written == []


def test_more_than_the_disk_holds_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    names = {f"images/{i}.jpg": bytes(10) for i in range(300)}
    (tmp_path / "a.zip").write_bytes(patched(zipped(names), 24, struct.pack("<I", 0xFFFFFFFE)))
    assert shutil.disk_usage(tmp_path).free < 300 * 0xFFFFFFFE
    with pytest.raises(BddsegError, match="make room or name another folder; nothing was written"):
        unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["whole.zip", "whole.z01", "last.zip"])
def test_each_part_of_a_split_zip_says_how_to_join_them(name: str, tmp_path: Path) -> None:
    (tmp_path / "big.jpg").write_bytes(os.urandom(200_000))
    command = ["zip", "-q", "-s", "64k", "whole.zip", "big.jpg"]
    if not shutil.which("zip"):
        pytest.skip("zip is not installed")
    subprocess.run(command, cwd=tmp_path, check=True)
    if name == "last.zip":
        (tmp_path / "whole.zip").rename(tmp_path / name)
    with pytest.raises(BddsegError, match=r"split zip.*`zip -s 0 \S+\.zip --out \S+whole\S*\.zip`, or `7z x"):
        unpack([tmp_path / name], tmp_path / "out")


def test_a_numbered_part_says_how_to_join_them(tmp_path: Path) -> None:
    for number, part in enumerate((WHOLE[:5000], WHOLE[5000:]), start=1):
        (tmp_path / f"a.zip.00{number}").write_bytes(part)
    with pytest.raises(BddsegError, match=r"part of a split archive.*cat \S+a.zip\.\* > \S+a.zip"):
        unpack([tmp_path / "a.zip.001"], tmp_path / "out")


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    for path, says in (
        (tmp_path, "is a folder"),
        (tmp_path / "pipe.zip", "no regular file"),
        (tmp_path / "no", "read"),
    ):
        with pytest.raises(BddsegError, match=says):
            unpack([path], tmp_path / "out")


def test_an_error_of_the_disk_that_is_read_is_not_the_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip").write_bytes(WHOLE)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    # No real file fails so on demand.
    monkeypatch.setattr(zipfile.ZipExtFile, "read", fail)
    with pytest.raises(BddsegError, match=r"a\.zip cannot be read: the disk reports"):
        unpack([tmp_path / "a.zip"], tmp_path / "out")


def test_an_error_of_the_disk_that_is_written_is_not_the_zips(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"images/a.jpg": os.urandom(3_000_000)}))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(BddsegError, match=r"out/images/a\.jpg cannot be written: the file would be larger"):
            unpack([tmp_path / "a.zip"], tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "out/images").iterdir()) == []
