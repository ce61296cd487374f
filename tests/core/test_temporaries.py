"""Temporary files: exclusive, unpredictable, and swept when their maker is gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.files import atomic
from bddseg_tui.core.files import temporary_files as temporaries
from bddseg_tui.core.files.temporary_files import sweep, temporary_file, temporary_folder, temporary_path
from bddseg_tui.core.workspace.workspace import Workspace

KILLED = """
import os, signal, sys
from pathlib import Path
from bddseg_tui.core.files.atomic import replacing
from bddseg_tui.core.files.temporary_files import temporary_folder
here = Path(sys.argv[1])
with replacing(here / "settings.toml") as file, temporary_folder(here) as folder:
    file.write(b"half of")
    (folder / "model").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _kill_a_writer(folder: Path) -> list[Path]:
    subprocess.run([sys.executable, "-c", KILLED, os.fspath(folder)], check=False)
    left = sorted(folder.glob(".bddseg-*.tmp"))
    assert len(left) == 2
    return left


def test_what_a_killed_process_was_writing_is_swept(tmp_path: Path) -> None:
    _kill_a_writer(tmp_path)
    (tmp_path / "mine.tmp").write_text("theirs")
    (tmp_path / ".bddseg-notes.tmp").write_text("theirs")
    assert sweep([tmp_path]) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [".bddseg-notes.tmp", "mine.tmp"]


def test_what_a_live_process_is_writing_stays(tmp_path: Path) -> None:
    with atomic.replacing(tmp_path / "a") as file, temporary_folder(tmp_path) as folder:
        file.write(b"x")
        assert sweep([tmp_path]) == 0
        assert folder.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_another_host_is_writing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = _kill_a_writer(tmp_path)
    monkeypatch.setattr("bddseg_tui.core.processes.process.gethostname", lambda: "another")
    assert sweep([tmp_path]) == 0
    assert all(path.exists() for path in left)


def test_a_process_that_got_the_dead_ones_number_keeps_nothing_alive(tmp_path: Path) -> None:
    here = temporary_path(tmp_path).name.split("-")
    (tmp_path / "-".join([*here[:4], "1", here[5]])).write_text("of an earlier process with this one's id")
    assert sweep([tmp_path]) == 1


@pytest.mark.parametrize(("age_s", "swept"), [(60, 0), (100_000, 1)])
def test_names_of_earlier_versions_and_boots_go_by_their_age(tmp_path: Path, age_s: float, swept: int) -> None:
    path = tmp_path / ".4711-140213.tmp"
    path.write_text("x")
    at = path.stat().st_mtime - age_s
    os.utime(path, (at, at))
    assert sweep([tmp_path]) == swept


def test_a_link_is_swept_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("theirs")
    (left, _) = _kill_a_writer(outside)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / left.name).symlink_to(outside)
    assert sweep([inner]) == 1
    assert (outside / "x").exists()


def test_a_link_at_the_temporarys_place_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    guessed = temporary_path(tmp_path)
    guessed.symlink_to(victim)
    monkeypatch.setattr(temporaries, "temporary_path", lambda folder: guessed)
    with pytest.raises(FileExistsError):
        atomic.write_text(tmp_path / "a", "new")
    assert victim.read_text() == "theirs"


def test_two_names_are_never_alike(tmp_path: Path) -> None:
    assert len({temporary_path(tmp_path) for _ in range(100)}) == 100


def test_files_are_as_private_as_they_are_asked_to_be(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        atomic.write_text(tmp_path / "open", "x")
        atomic.write_text(tmp_path / "private", "x", mode=atomic.PRIVATE)
        handle, path = temporary_file(tmp_path, 0o600)
        os.close(handle)
    finally:
        os.umask(previous)
    assert [p.stat().st_mode & 0o777 for p in (tmp_path / "open", tmp_path / "private", path)] == [0o644, 0o600, 0o600]


def test_a_link_is_replaced_at_once(tmp_path: Path) -> None:
    atomic.replace_link(tmp_path / "last", "step-1")
    atomic.replace_link(tmp_path / "last", "step-2")
    assert [(p.name, os.fspath(p.readlink())) for p in tmp_path.iterdir()] == [("last", "step-2")]


def test_the_workspace_is_swept_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "chats").mkdir()
    _kill_a_writer(tmp_path)
    _kill_a_writer(tmp_path / "chats")
    assert list(Workspace(tmp_path).chats.iterdir()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["chats"]


def test_what_was_left_in_runs_and_indexes_is_swept(tmp_path: Path) -> None:
    for name in (
        "runs/0001-demo",
        "runs/0001-demo/checkpoints",
        "runs/0002-demo/evaluation/best-val",
        "index/data/demo",
    ):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        _kill_a_writer(tmp_path / name)
    Workspace(tmp_path).sweep()
    assert not list(tmp_path.rglob(".bddseg-*"))
