import stat
import zipfile
from pathlib import Path

import pytest

from core.errors import BddsegError
from core.unpack import unpack


def make_zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_the_official_top_folder_is_left_out(tmp_path: Path) -> None:
    archive = make_zip(
        tmp_path / "a.zip", {"bdd100k/images/10k/train/a.jpg": b"a", "bdd100k/labels/sem_seg/masks/train/a.png": b"m"}
    )
    report = unpack([archive], tmp_path / "out")
    assert report.written == 2
    assert (tmp_path / "out/images/10k/train/a.jpg").read_bytes() == b"a"


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "images/../../outside", "C:\\windows", "a\\..\\b"])
def test_entries_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    archive = make_zip(tmp_path / "a.zip", {name: b"x", "images/ok.jpg": b"ok"})
    report = unpack([archive], tmp_path / "out")
    assert len(report.refused) == 1
    assert report.written == 1
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {"a.zip", "ok.jpg"}


def test_links_are_refused_and_never_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("images/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc")
        archive.writestr("sneaky/file", b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sneaky").symlink_to(tmp_path / "elsewhere")
    report = unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert len(report.refused) == 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_second_run_writes_only_what_is_missing_or_damaged(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {f"images/{i}.jpg": bytes([i]) * 100 for i in range(5)})
    unpack([archive], tmp_path / "out")
    (tmp_path / "out/images/1.jpg").unlink()
    (tmp_path / "out/images/2.jpg").write_bytes(b"z" * 100)
    report = unpack([archive], tmp_path / "out")
    assert (report.written, report.kept) == (2, 3)
    assert (tmp_path / "out/images/2.jpg").read_bytes() == bytes([2]) * 100


def test_a_damaged_zip_is_one_line(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"images/a.jpg": bytes(range(256)) * 40})
    data = bytearray(archive.read_bytes())
    data[60:80] = b"\xff" * 20
    archive.write_bytes(data)
    with pytest.raises(BddsegError, match="download it again"):
        unpack([archive], tmp_path / "out")
    with pytest.raises(BddsegError, match="no readable zip"):
        unpack([tmp_path / "none.zip"], tmp_path / "out")
