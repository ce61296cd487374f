"""The n-th write, sync, rename, opening, mkdir or truncation fails, for every n: nothing acknowledged is lost.

After each failure what was acknowledged is there, the store opens, and one line has said what happened; see
`workloads.py` for what each work is held to.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bddseg_tui.core.demo.generate import generate

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("a library in C, loaded before libc, lets calls fail: that takes Linux and gcc")
    made = tmp_path_factory.mktemp("library") / "fail_nth_write.so"
    source = HERE / "fail_nth_write.c"
    subprocess.run(["gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: thousands of syncs of a real disk take half a minute."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@pytest.mark.parametrize(
    ("work", "kinds", "least"),
    [
        ("tag", ("write", "open"), 6),
        ("chat", ("write", "sync", "open"), 6),
        ("views", ("write", "sync", "rename", "open"), 6),
        ("settings", ("write", "sync", "rename", "open"), 8),
        ("index", ("write", "sync", "open", "truncate"), 20),
        ("scan", ("write", "open"), 20),
        ("rescan", ("write", "open"), 20),
        ("checkpoint", ("write", "sync", "rename", "open", "mkdir"), 40),
    ],
)
def test_whichever_write_fails_nothing_acknowledged_is_lost(
    library: Path, folder: Path, work: str, kinds: tuple[str, ...], least: int
) -> None:
    if work in ("tag", "scan", "rescan"):
        generate(folder / "data", {"train": 2, "test": 1}, (64, 36), workers=1)
    environment = {**os.environ, "LD_PRELOAD": str(library), "FAIL_BELOW": str(folder)}
    command = [sys.executable, "-m", "tests.faults.workloads", work, str(folder)]
    done = subprocess.run(command, cwd=HERE.parent.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout)
    print(work, told)  # with -s: the figures of docs/results.md
    assert told["failures"] >= least, told
    assert all(told[kind] for kind in kinds), told
