"""`data unpack` and `data check` as a person runs them: what they say, and their exit codes."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bddseg_tui.core.workspace.workspace import Workspace


def run(*words: str, code: int) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "bddseg_tui.tui", "data", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def archive(drawn: Path, tmp_path: Path) -> Path:
    """The drawn dataset, packed below two folders."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for path in sorted(p for p in drawn.rglob("*.[jp][pn]g") if p.is_file()):
            packed.write(path, Path("my_copy/of it") / path.relative_to(drawn))
    return tmp_path / "a.zip"


def test_what_was_unpacked_is_a_dataset_and_is_said_to_be(workspace: Workspace, archive: Path, tmp_path: Path) -> None:
    said = json.loads(run("unpack", str(archive), "--to", str(tmp_path / "to"), "--json", code=0).stdout)
    assert said["written"] == 39 and said["refused"] == [] and said["unrecognised"] == ""
    assert said["dataset"]["root"] == str(tmp_path / "to")
    assert said["dataset"]["splits"]["train"]["masks"] == str(tmp_path / "to/labels/sem_seg/masks/train")
    again = run("unpack", str(archive), "--to", str(tmp_path / "to"), code=0).stdout
    assert "39 were there already" in again and "train, val, test (no masks)" in again


def test_a_refused_entry_and_no_dataset_exit_with_1_and_say_why(workspace: Workspace, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("bdd100k//etc/x", "x")
        packed.writestr("labels/train/a.png", "x")
    said = run("unpack", str(tmp_path / "a.zip"), "--to", str(tmp_path / "to"), code=1).stdout
    assert "refused  bdd100k//etc/x: has a part without a name" in said
    assert "masks are in labels/train, but no images for them" in said


def test_a_check_says_which_folder_it_found_the_dataset_in(workspace: Workspace, drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, tmp_path / "around/it/demo")
    said = run("check", str(tmp_path / "around"), code=0).stdout
    assert said.splitlines()[0] == f"the dataset in it is {tmp_path}/around/it/demo"
    assert json.loads(run("check", str(tmp_path / "around"), "--json", code=0).stdout)["layout"] == "bdd100k"
