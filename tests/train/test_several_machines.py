"""The commands of docs/several-machines.md, as they stand there, from a folder that has a `train/` of its own."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.core.jobs.events import read_events
from bddseg_tui.core.runs.run import Run

DEADLINE_S = 240.0
SMALL = (
    "--preset demo --set encoder=mobilenet_v2 --set height=32 --set width=64 --set batch_size=4 --set epochs=1"
    " --set threads=1 --set device=cpu --set precision=fp32"
)
PAGE = Path(__file__).parents[2] / "docs/several-machines.md"


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """A folder in which packages of a person's own have our folders' names."""
    folder = tmp_path / "project"
    for name in ("train", "core", "index", "tui"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('this is not the program')")
    (folder / "train/__main__.py").write_text("")
    return folder


def commands(drawn: Path, workspace: Path, port: int) -> tuple[str, str]:
    """The command that makes a run and the one for each machine, with this test's folders, sizes and hosts."""
    text = PAGE.read_text().split("## Several machines")[1]
    create = re.search(r"^FOLDER=.*$", text, re.M)
    start = re.search(r"^torchrun .*$", text, re.M)
    assert create and start
    made, started = create[0], start[0]
    for ours, theirs in (("/data/bdd100k", str(drawn)), ("/data/bddseg", str(workspace)), ("--preset strong", SMALL)):
        assert ours in made
        made = made.replace(ours, theirs)
    for ours, theirs in (("--nproc-per-node 8", "--nproc-per-node 1"), ("HOST0", "127.0.0.1"), ("29500", str(port))):
        assert ours in started
        started = started.replace(ours, theirs)
    return made, started.replace("--node-rank N", "--node-rank $N")


def test_a_run_that_was_only_made_is_trained_by_two_machines_launchers(
    drawn: Path, tmp_path: Path, own_folder: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made, started = commands(drawn, tmp_path / "workspace", free.getsockname()[1])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    script = f"{made} && echo $FOLDER"
    created = subprocess.run(
        ["bash", "-c", script], cwd=own_folder, env=environment, capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert created.returncode == 0, created.stderr
    run = Run(Path(created.stdout.strip()))
    assert (run.status.state, run.status.message) == ("stopped", "made, and not started yet")
    machines = [
        subprocess.Popen(
            ["bash", "-c", started],
            cwd=own_folder,
            env={**environment, "FOLDER": str(run.folder), "N": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    for machine in machines:
        out, _ = machine.communicate(timeout=DEADLINE_S)
        assert machine.returncode == 0, out
    events = read_events(run.events)
    assert run.status.state == "finished"
    assert [e["step"] for e in events if e["kind"] == "step"] == [1, 2, 3]
    assert events[0]["processes"] == 2
    # Of the first process alone: one of curves, and one of settings.
    assert len(list((run.folder / "tensorboard").iterdir())) == 2
