import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bddseg_tui.core.data.unpack import unpack
from bddseg_tui.core.errors import BddsegError


def make_zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, without the note of what was unpacked."""
    found = (p for p in folder.rglob("*") if p.is_file() and p.name != ".bddseg-tui")
    return {os.fspath(p.relative_to(folder)): p.read_bytes() for p in found}


def test_the_official_top_folder_is_left_out(tmp_path: Path) -> None:
    archive = make_zip(
        tmp_path / "a.zip", {"bdd100k/images/10k/train/a.jpg": b"a", "bdd100k/labels/sem_seg/masks/train/a.png": b"m"}
    )
    report = unpack([archive], tmp_path / "out")
    assert report.written == 2
    assert (tmp_path / "out/images/10k/train/a.jpg").read_bytes() == b"a"


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../outside",
        "images/../../outside",
        "C:\\windows",
        "a\\..\\b",
        "bdd100k//etc/x",
        "bdd100k/bdd100k//x",
        "bdd100k/../x",
        "a//images/10k/train//x.jpg",
        "images/10k/train/.. ",
        "x/.bddseg-tui",
        ".bddseg-tui",
        "images/\x1b[2J.jpg",
        "images/\u202egpj.exe",
        "images/" + "x" * 256,
        "images/dot.",
        "/".join(["a"] * 60),
        "/".join(["a" * 200] * 6),
    ],
)
def test_entries_that_leave_the_folder_or_have_odd_names_are_refused(tmp_path: Path, name: str) -> None:
    archive = make_zip(tmp_path / "a.zip", {name: b"x", "images/ok.jpg": b"ok"})
    report = unpack([archive], tmp_path / "out")
    assert len(report.refused) == 1
    assert ": " in report.refused[0] and report.refused[0].isprintable()
    assert files(tmp_path / "out") == {"images/ok.jpg": b"ok"}
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "out"}


def test_an_absolute_path_below_a_top_folder_writes_nothing_there(tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    aim.write_text("mine")
    names = [f"bdd100k/{aim}", f"bdd100k/bdd100k_images_10k/{aim}", f"my/{aim}/images/10k/train/x.jpg", "bdd100k"]
    report = unpack([make_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x"))], tmp_path / "out")
    assert aim.read_text() == "mine"
    assert len(report.refused) == 3
    assert files(tmp_path / "out") == {"bdd100k": b"x"}


def test_links_are_refused_and_never_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("images/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc")
        archive.writestr("sneaky/file", b"x")
        archive.writestr("file", b"x")
        archive.writestr("dangling/file", b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sneaky").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "out/dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "out/file").symlink_to(tmp_path / "mine")
    report = unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert len(report.refused) == 4
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_second_run_writes_only_what_is_missing_or_damaged(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {f"images/{i}.jpg": bytes([i]) * 100 for i in range(5)})
    unpack([archive], tmp_path / "out")
    (tmp_path / "out/images/1.jpg").unlink()
    (tmp_path / "out/images/2.jpg").write_bytes(b"z" * 100)
    report = unpack([archive], tmp_path / "out")
    assert (report.written, report.kept, report.replaced) == (2, 3, 1)
    assert (tmp_path / "out/images/2.jpg").read_bytes() == bytes([2]) * 100


def test_what_someone_changed_since_it_was_unpacked_is_kept_beside(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"labels/train/a.png": b"mask", "b.png": b"mask"})
    unpack([archive], tmp_path / "out")
    for work in (b"corrected by hand", b"and again"):
        (tmp_path / "out/labels/train/a.png").write_bytes(work)
        (tmp_path / "out/b.png").write_bytes(work)
        assert unpack([archive], tmp_path / "out").replaced == 2
    assert files(tmp_path / "out") == {
        "labels/train/a.png": b"mask",
        "b.png": b"mask",
        ".replaced/labels/train/a.png": b"corrected by hand",
        ".replaced/labels/train/a.png.1": b"and again",
        ".replaced/b.png": b"corrected by hand",
        ".replaced/b.png.1": b"and again",
    }


def test_a_file_of_the_persons_own_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out/images").mkdir(parents=True)
    (tmp_path / "out/images/mine.jpg").write_bytes(b"mine")
    (tmp_path / "out/images/same.jpg").write_bytes(b"same")
    entries = {"images/mine.jpg": b"other", "images/same.jpg": b"same", "images/new.jpg": b"new"}
    report = unpack([make_zip(tmp_path / "a.zip", entries)], tmp_path / "out")
    assert (report.written, report.kept, len(report.refused)) == (1, 1, 1)
    assert "mine.jpg" in report.refused[0] and "kept" in report.refused[0]
    assert files(tmp_path / "out") == {
        "images/mine.jpg": b"mine",
        "images/same.jpg": b"same",
        "images/new.jpg": b"new",
    }


def test_backslashes_of_packers_on_windows_part_folders(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in (
            "bdd100k\\images\\10k\\train\\a.jpg",
            "bdd100k\\",
            "..\\x",
            "C:\\x",
            "\\\\server\\x",
            "a\\..\\..\\x",
        ):
            entry = zipfile.ZipInfo(name)
            entry.create_system = 0
            archive.writestr(entry, b"x")
    report = unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert files(tmp_path / "out") == {"images/10k/train/a.jpg": b"x"}
    assert len(report.refused) == 4
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "out"}


def test_names_that_collide_are_written_once(tmp_path: Path) -> None:
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, data in (("x/a", b"1"), ("x/a", b"1"), ("x/a", b"2"), ("X/A", b"3"), ("x/a/b", b"4"), ("x", b"5")):
            archive.writestr(name, data)
    report = unpack([tmp_path / "a.zip"], tmp_path / "out")
    assert files(tmp_path / "out") == {"x/a": b"1"}
    assert len(report.refused) == 4


def test_a_file_where_a_folder_should_be_is_told_and_the_rest_unpacked(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/images").write_text("mine")
    (tmp_path / "out/b").mkdir()
    report = unpack([make_zip(tmp_path / "a.zip", {"images/a": b"a", "b": b"b", "c/c": b"c"})], tmp_path / "out")
    assert len(report.refused) == 2
    assert files(tmp_path / "out") == {"images": b"mine", "c/c": b"c"}


def test_what_macs_and_windows_leave_behind_is_left_out(tmp_path: Path) -> None:
    junk = ["__MACOSX/images/._a.jpg", "images/.DS_Store", "images/._a.jpg", "images/Thumbs.db"]
    report = unpack([make_zip(tmp_path / "a.zip", dict.fromkeys([*junk, "images/a.jpg"], b"x"))], tmp_path / "out")
    assert files(tmp_path / "out") == {"images/a.jpg": b"x"}
    assert report.refused == []


def test_a_killed_call_leaves_nothing_that_the_next_one_does_not_sweep(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {f"images/{i}.jpg": os.urandom(50_000) for i in range(20)})
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "import bddseg_tui.core.data.unpack as u; real = u.read_entry\n"
        "def read(archive, entry):\n"
        "    for block in real(archive, entry):\n"
        "        if '7.jpg' in entry.filename: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        yield block\n"
        "u.read_entry = read; u.unpack([Path(sys.argv[1])], Path(sys.argv[2]))"
    )
    out = tmp_path / "out"
    killed = subprocess.run([sys.executable, "-c", code, os.fspath(archive), os.fspath(out)])
    assert killed.returncode == -9
    assert sum(p.name.startswith(".unpacking-") for p in out.rglob("*")) == 1
    report = unpack([archive], out)
    assert (report.written, report.kept) == (13, 7)
    assert sorted(p.name for p in (out / "images").iterdir()) == sorted(f"{i}.jpg" for i in range(20))


def test_two_calls_into_one_folder_do_not_meet(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "out").mkdir()
    handle = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BddsegError, match="another process"):
        unpack([make_zip(tmp_path / "a.zip", {"a": b"a"})], tmp_path / "out")
    os.close(handle)
