"""Folders that people name: only what a command made there is replaced or deleted."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.owned_folder import MARKER, own


def test_a_claimed_file_may_be_replaced_by_the_same_work(tmp_path: Path) -> None:
    own(tmp_path, "report").claim(["report.html"])
    (tmp_path / "report.html").write_text("ours")
    again = own(tmp_path, "report")
    again.claim(["report.html", "classes.csv"])
    assert again.owns("report.html")
    assert list(again.made()) == ["classes.csv", "report.html"]


def test_a_persons_file_is_refused_by_name_and_nothing_is_noted(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    for name in "abcde":
        (tmp_path / "masks" / f"{name}.png").write_text("theirs")
    with pytest.raises(BddsegError) as caught:
        own(tmp_path, "predict").claim([f"masks/{name}.png" for name in "abcdef"])
    line = str(caught.value)
    assert "refuses to replace masks/a.png, masks/b.png, masks/c.png and 2 more" in line
    assert "did not make: name an empty folder" in line
    assert not (tmp_path / MARKER).exists()
    assert not own(tmp_path, "predict").owns("masks/f.png")


def test_only_own_files_are_deleted(tmp_path: Path) -> None:
    folder = own(tmp_path, "predict")
    folder.claim(["masks/a.png", "masks/gone.png"])
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/a.png").write_text("ours")
    (tmp_path / "masks/b.png").write_text("theirs")
    assert folder.delete(["masks/a.png", "masks/b.png", "masks/gone.png"]) == 1
    assert [p.name for p in (tmp_path / "masks").iterdir()] == ["b.png"]


def test_a_file_that_takes_the_place_of_a_deleted_one_is_the_persons(tmp_path: Path) -> None:
    folder = own(tmp_path, "predict")
    folder.claim(["a.png"])
    (tmp_path / "a.png").write_text("ours")
    folder.delete(["a.png"])
    (tmp_path / "a.png").write_text("theirs")
    with pytest.raises(BddsegError, match=r"refuses to replace a\.png"):
        own(tmp_path, "predict").claim(["a.png"])


def test_one_work_neither_replaces_nor_deletes_what_another_made(tmp_path: Path) -> None:
    predict, export = own(tmp_path, "predict"), own(tmp_path, "export")
    predict.claim(["summary.json"])
    (tmp_path / "summary.json").write_text("{}")
    export.claim(["model.pt"])
    (tmp_path / "model.pt").write_text("x")
    assert export.delete(["summary.json"]) == 0
    with pytest.raises(BddsegError, match=r"export refuses to replace summary\.json"):
        export.claim(["summary.json"])
    assert own(tmp_path, "predict").owns("summary.json")
    assert own(tmp_path, "export").owns("model.pt")


def test_two_processes_of_one_work_share_what_they_made(tmp_path: Path) -> None:
    first, second = own(tmp_path, "report"), own(tmp_path, "report")
    first.claim(["report.html"])
    (tmp_path / "report.html").write_text("ours")
    second.claim(["report.html"])
    assert second.owns("report.html")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", MARKER, f"a/../{MARKER}", "", "."])
def test_names_that_leave_the_folder_or_are_the_marker_cannot_be_claimed(tmp_path: Path, name: str) -> None:
    with pytest.raises(BddsegError, match="does not lie in"):
        own(tmp_path, "demo").claim([name])


def test_a_marker_that_names_files_outside_owns_none_of_them(tmp_path: Path) -> None:
    outside, inner = tmp_path / "x", tmp_path / "to"
    outside.write_text("theirs")
    own(inner, "predict").claim(["masks/a.png"])
    with (inner / MARKER).open("a") as file:
        file.write(json.dumps({"work": "predict", "made": ["../x", str(outside), MARKER, 7, None]}) + "\n")
    folder = own(inner, "predict")
    assert list(folder.made()) == ["masks/a.png"]
    assert folder.delete(["../x", outside, MARKER]) == 0
    assert outside.exists()
    assert (inner / MARKER).exists()


def test_nothing_behind_a_link_is_deleted_or_claimed(tmp_path: Path) -> None:
    outside, inner = tmp_path / "outside", tmp_path / "to"
    outside.mkdir()
    folder = own(inner, "predict")
    folder.claim(["masks/a.png"])
    (outside / "a.png").write_text("theirs")
    (inner / "masks").symlink_to(outside)
    with pytest.raises(BddsegError, match="a link"):
        folder.delete(["masks/a.png"])
    with pytest.raises(BddsegError, match="masks is a link"):
        folder.claim(["masks/b.png"])
    assert (outside / "a.png").exists()


def test_a_link_at_a_files_place_is_deleted_and_not_what_it_points_to(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("x")
    folder = own(tmp_path / "to", "report")
    folder.claim(["report.html"])
    (tmp_path / "to/report.html").symlink_to(theirs)
    folder.delete(["report.html"])
    assert theirs.exists()
    assert not (tmp_path / "to/report.html").is_symlink()


def test_a_link_that_leads_nowhere_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "report.html").symlink_to("/nowhere")
    with pytest.raises(BddsegError, match="refuses to replace"):
        own(tmp_path, "report").claim(["report.html"])


def test_a_linked_marker_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "victim"
    inner = tmp_path / "to"
    inner.mkdir()
    (inner / MARKER).symlink_to(target)
    with pytest.raises(BddsegError, match="must not be followed"):
        own(inner, "predict")
    assert not target.exists()


def test_a_pipe_called_like_the_marker_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / MARKER)
    with pytest.raises(BddsegError, match="no file"):
        own(tmp_path, "predict")


@pytest.mark.parametrize("text", ["notes of mine", "notes\nof mine\n", '{"bddseg-tui": 2}\n', "[" * 100_000 + "\n"])
def test_another_file_of_the_markers_name_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / MARKER).write_text(text)
    with pytest.raises(BddsegError, match="no marker that this version can read"):
        own(tmp_path, "predict")
    assert (tmp_path / MARKER).read_text() == text


@pytest.mark.parametrize("kept", [5, 30, 60])
def test_a_torn_line_costs_what_it_said_alone(tmp_path: Path, kept: int) -> None:
    own(tmp_path, "predict").claim(["a.png", "b.png"])
    whole = (tmp_path / MARKER).read_bytes()
    (tmp_path / MARKER).write_bytes(whole[:kept])
    folder = own(tmp_path, "predict")
    folder.claim(["c.png"])
    assert folder.owns("c.png")
    assert list(own(tmp_path, "predict").made())[-1] == "c.png"


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    own(tmp_path, "predict").claim(["a.png"])
    with (tmp_path / MARKER).open("a") as file:
        file.write("[" * 100_000 + '\nnull\n{"work": "predict", "made": 1}\n{"work": "predict", "made": ["b.png"]}\n')
    assert list(own(tmp_path, "predict").made()) == ["a.png", "b.png"]


def test_files_of_versions_without_markers_are_taken_over(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_text("ours")
    folder = own(tmp_path, "predict")
    folder.adopt(["old.png", "../out.png"])
    folder.claim(["old.png"])
    assert list(own(tmp_path, "predict").made()) == ["old.png"]


def test_names_that_are_no_utf8_are_owned_too(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    own(tmp_path, "predict").claim([name])
    assert own(tmp_path, "predict").owns(name)


def test_a_hundred_thousand_names_are_read_back(tmp_path: Path) -> None:
    names = [f"masks/{i:06d}.png" for i in range(100_000)]
    own(tmp_path, "predict").claim(names)
    assert list(own(tmp_path, "predict").made()) == names


def test_a_process_killed_between_claim_and_write_owns_what_it_claimed(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from bddseg_tui.core.files.owned_folder import own\n"
        "own(Path(sys.argv[1]), 'predict').claim(['a.png']); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, os.fspath(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    own(tmp_path, "predict").claim(["a.png"])


def test_a_full_disk_is_one_line_and_the_marker_stays_whole(tmp_path: Path) -> None:
    own(tmp_path, "predict").claim(["a.png"])
    before = (tmp_path / MARKER).read_bytes()
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from bddseg_tui.core.files.owned_folder import own; from bddseg_tui.core.errors import BddsegError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: own(Path(sys.argv[1]), 'predict').claim([f'{i}.png' for i in range(99)])\n"
        "except BddsegError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, os.fspath(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{tmp_path / MARKER} cannot be written: ")
    assert (tmp_path / MARKER).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BddsegError, match=r"cannot be made: .*not a folder") as caught:
        own(tmp_path / "file" / "to", "predict")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOTDIR


def test_what_someone_changed_since_is_neither_replaced_nor_deleted(tmp_path: Path) -> None:
    folder = own(tmp_path, "report")
    folder.claim(["a.md", "b.md"])
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("ours")
    folder.done(["a.md", "b.md", "never-claimed.md"])
    (tmp_path / "a.md").write_text("corrected by hand")
    again = own(tmp_path, "report")
    with pytest.raises(BddsegError, match=r"refuses to replace a\.md in .*, which someone has changed since"):
        again.claim(["a.md", "b.md"])
    assert again.delete(["a.md", "b.md"]) == 1
    assert (tmp_path / "a.md").read_text() == "corrected by hand"
    with pytest.raises(BddsegError, match="which it did not make"):
        own(tmp_path, "report").claim(["a.md"])


def test_what_is_written_again_may_have_another_content(tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        folder = own(tmp_path, "report")
        folder.claim(["a.md"])
        (tmp_path / "a.md").write_text(text)
        if text != "second":  # as if it was killed before it was done
            folder.done(["a.md"])


def test_a_marker_notes_contents_of_no_other_files(tmp_path: Path) -> None:
    own(tmp_path, "report").claim(["a.md"])
    with (tmp_path / MARKER).open("a") as file:
        file.write(json.dumps({"work": "report", "are": {"../x": "1", "theirs": "2", "a.md": 3}}) + "\n")
    assert list(own(tmp_path, "report").made()) == ["a.md"]
    own(tmp_path, "report").claim(["a.md"])
