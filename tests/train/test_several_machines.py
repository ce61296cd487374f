"""The commands of docs/several-machines.md, as they stand there, from a folder that has a `train/` of its own."""

import os
import re
import shlex
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
SLURM = {
    "srun": '#!/bin/sh\nexec "$@"\n',
    "scontrol": "#!/bin/sh\necho 127.0.0.1\n",
}
"""What stands for Slurm: it starts a command on each node, and knows their names."""


def adapted(pattern: str, *changes: tuple[str, str]) -> str:
    """A command of the page with this test's folders, sizes and hosts."""
    found = re.search(pattern, PAGE.read_text().split("## Several machines")[1], re.M | re.S)
    assert found
    command = found[0]
    for theirs, ours in changes:
        assert theirs in command
        command = command.replace(theirs, ours)
    return command


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """A folder in which packages of a person's own have our folders' names."""
    folder = tmp_path / "project"
    for name in ("train", "core", "index", "tui"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('this is not the program')")
    (folder / "train/__main__.py").write_text("")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where `bddseg-tui` and `torchrun` are found, and what stands for Slurm."""
    (tmp_path / "bin").mkdir()
    for name, script in SLURM.items():
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    path = f"{Path(sys.executable).parent}:{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SLURM_NNODES": "1", "SLURM_NODEID": "0", "SLURM_JOB_NODELIST": "n1"}


def start(command: str, folder: Path, environment: dict[str, str], **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env={**environment, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_commands_for_several_machines_train_a_run_and_go_on_with_it(
    drawn: Path, tmp_path: Path, own_folder: Path, environment: dict[str, str]
) -> None:
    workspace = shlex.quote(str(tmp_path / "work space"))
    create = adapted(
        r"^FOLDER=.*?$", ("/data/bdd100k", str(drawn)), ("/data/bddseg", workspace), ("--preset strong", SMALL)
    )
    made, _ = start(f"{create} && echo $FOLDER", own_folder, environment).communicate(timeout=DEADLINE_S)
    run = Run(Path(made.splitlines()[-1]))
    assert (run.status.state, run.status.message) == ("stopped", "made, and not started yet"), made

    local = (("--nproc-per-node 8", "--nproc-per-node 1"), ("29500", free_port()))
    launch = adapted(r"^torchrun .*?$", ("--node-rank N", "--node-rank $N"), ("HOST0", "127.0.0.1"), *local)
    machines = [start(launch, own_folder, environment, FOLDER=str(run.folder), N=str(rank)) for rank in range(2)]
    for machine in machines:
        out, _ = machine.communicate(timeout=DEADLINE_S)
        assert machine.returncode == 0, out
    assert run.status.state == "finished"
    events = read_events(run.events)
    assert [e["step"] for e in events if e["kind"] == "step"] == [1, 2, 3]
    assert events[0]["kind"] == "start" and events[0]["processes"] == 2
    # Of the first process alone: one of curves, and one of settings.
    assert len(list((run.folder / "tensorboard").iterdir())) == 2

    slurm = start(adapted(r"^srun .*?'$", *local), own_folder, environment, FOLDER=str(run.folder))
    out, _ = slurm.communicate(timeout=DEADLINE_S)
    assert slurm.returncode == 0, out
    assert [e["kind"] for e in read_events(run.events)[len(events) :]] == ["resume", "finish"]
