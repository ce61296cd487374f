"""The matrix on disk: what is committed stays, what is not is cut off, what is damaged is found out."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.vector_table import Entry, VectorTable
from bddseg_tui.index.vector_types import Vectors
from tests.small_disk import mounted_disk

DIMENSION = 8


def unit(count: int, seed: int = 0) -> Vectors:
    raw = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True))


def entries(*names: str, stamp: str = "1") -> list[Entry]:
    return [Entry(n.encode(), stamp, n.encode()) for n in names]


@pytest.fixture
def table(tmp_path: Path) -> VectorTable:
    made = VectorTable(tmp_path, "model@1", DIMENSION)
    made.cut_tail()
    return made


def test_vectors_come_back_as_they_were(table: VectorTable) -> None:
    vectors = unit(3)
    table.append(entries("a", "b", "c"), vectors)
    images, matrix = table.load()
    assert images == [b"a", b"b", b"c"] and (matrix == vectors).all()


def test_a_tail_that_was_never_committed_is_cut_off(table: VectorTable, tmp_path: Path) -> None:
    table.append(entries("a", "b"), unit(2))
    with table.path.open("ab") as file:
        file.write(b"torn batch")
    again = VectorTable(tmp_path, "model@1", DIMENSION)
    again.cut_tail()
    again.append(entries("c"), unit(1, 5))
    images, matrix = again.load()
    assert images == [b"a", b"b", b"c"] and (matrix[2] == unit(1, 5)[0]).all()


def test_only_new_and_changed_images_are_pending(table: VectorTable) -> None:
    table.append(entries("a", "b"), unit(2))
    assert table.refresh([(b"a", "1"), (b"b", "2"), (b"c", "1")]) == [(b"b", "2"), (b"c", "1")]


def test_images_that_are_gone_are_forgotten(table: VectorTable) -> None:
    table.append(entries("a", "b"), unit(2))
    table.refresh([(b"b", "1")])
    assert table.load()[0] == [b"b"]


def test_a_failed_image_is_tried_again_only_when_it_changes(table: VectorTable) -> None:
    table.fail([(b"a", "1", "broken")])
    assert table.refresh([(b"a", "1")]) == []
    assert table.refresh([(b"a", "2")]) == [(b"a", "2")]


def test_a_renamed_image_keeps_its_vector(table: VectorTable) -> None:
    table.append(entries("a"), unit(1))
    row = table.known(b"a")
    assert row is not None
    table.append([], unit(0), [(Entry(b"renamed", "1", b"a"), row)])
    images, matrix = table.load()
    assert sorted(images) == [b"a", b"renamed"] and (matrix[0] == matrix[1]).all()


def test_rewriting_a_matrix_that_is_mostly_dead_keeps_what_is_alive(table: VectorTable) -> None:
    vectors = unit(10)
    table.append(entries(*"abcdefghij"), vectors)
    table.refresh([(b"d", "1"), (b"h", "1")])
    manifest = table.finish({"model": "m"})
    images, matrix = table.load()
    assert manifest["file"] == "vectors-1.f32" and not (table.folder / "vectors-0.f32").exists()
    assert images == [b"d", b"h"] and (matrix == vectors[[3, 7]]).all()


def test_another_model_is_refused_with_the_command_that_helps(table: VectorTable, tmp_path: Path) -> None:
    table.append(entries("a"), unit(1))
    with pytest.raises(BddsegError, match=r"built with model@1, not with other@2.*index build"):
        VectorTable(tmp_path, "other@2", DIMENSION)


def test_a_damaged_matrix_is_found_out(table: VectorTable) -> None:
    table.append(entries("a", "b"), unit(2))
    table.finish({"model": "m"})
    data = bytearray(table.path.read_bytes())
    data[5] ^= 0x10
    table.path.write_bytes(bytes(data))
    with pytest.raises(BddsegError, match="damaged"):
        table.load()


def test_a_matrix_that_is_too_short_is_found_out(table: VectorTable) -> None:
    table.append(entries("a", "b"), unit(2))
    table.path.write_bytes(table.path.read_bytes()[:10])
    with pytest.raises(BddsegError, match="shorter"):
        table.cut_tail()


def test_rows_that_are_no_database_are_one_line(table: VectorTable, tmp_path: Path) -> None:
    (tmp_path / "rows.sqlite").write_bytes(b"no database" * 500)
    with pytest.raises(BddsegError, match="--fresh"):
        VectorTable(tmp_path, "model@1", DIMENSION)


def test_vectors_that_are_not_finite_are_refused(table: VectorTable) -> None:
    with pytest.raises(BddsegError, match="not finite"):
        table.append(entries("a"), np.full((1, DIMENSION), np.nan, np.float32))
    assert table.load()[0] == []


def test_an_index_on_a_disk_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    with mounted_disk(tmp_path, "3m"):
        made = VectorTable(tmp_path, "model@1", DIMENSION)
        made.append(entries("a", "b"), unit(2))
        subprocess.run(["mount", "-o", "remount,ro", tmp_path], check=True)
        assert VectorTable(tmp_path, "model@1", DIMENSION).load()[0] == [b"a", b"b"]
        with pytest.raises(BddsegError, match="cannot be written: the file system is read-only"):
            made.append(entries("c"), unit(1))
        with pytest.raises(BddsegError, match="cannot be written: the file system is read-only"):
            made.refresh([])


def test_a_batch_that_the_disk_did_not_take_leaves_no_tail(table: VectorTable) -> None:
    table.append(entries("a"), unit(1))
    size = table.path.stat().st_size
    code = (
        "import resource, signal, sys; from pathlib import Path; import numpy as np\n"
        "from bddseg_tui.core.errors import BddsegError; from bddseg_tui.index.vector_table import Entry, VectorTable\n"
        "table = VectorTable(Path(sys.argv[1]), 'model@1', 8)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))\n"
        "try: table.append([Entry(b'b', '1', b'b')], np.ones((1, 8), 'f4'))\n"
        "except BddsegError as error: print(error)\n"
    )
    args = [sys.executable, "-c", code, str(table.folder)]
    done = subprocess.run(args, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{table.path} cannot be written: ")
    assert table.path.stat().st_size == size
    assert table.load()[0] == [b"a"]


@pytest.mark.parametrize("image", [b"../x.jpg", b"/etc/passwd", b"a/../../x"])
def test_an_index_that_names_files_outside_its_dataset_is_refused(table: VectorTable, image: bytes) -> None:
    table.append([Entry(image, "1", b"x")], unit(1))
    with pytest.raises(BddsegError, match="outside its dataset"):
        table.load()


@pytest.mark.parametrize("file", ["../vectors.f32", "/etc/passwd"])
def test_a_matrix_outside_the_index_is_refused(table: VectorTable, tmp_path: Path, file: str) -> None:
    with closing(sqlite3.connect(tmp_path / "rows.sqlite")) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'file'", (file,))
    with pytest.raises(BddsegError, match="plain name"):
        VectorTable(tmp_path, "model@1", DIMENSION)


def test_a_damaged_database_says_how_to_make_it_anew(tmp_path: Path) -> None:
    (tmp_path / "rows.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(BddsegError, match=r"damaged.*--fresh"):
        VectorTable(tmp_path, "model@1", DIMENSION)
