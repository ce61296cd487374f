"""Workers do not outlive the process that made them."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

OWNER = """
import sys, time
from bddseg_tui.core.processes.parallel import map_unordered

if __name__ == "__main__":
    for _ in map_unordered(time.sleep, [float(s) for s in sys.argv[1:]], workers=2, chunk=1):
        print("busy", flush=True)
"""


@pytest.mark.parametrize("naps", [["0"] * 4 + ["600"] * 4, ["0"] * 9 + ["600"]])
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, naps: list[str]) -> None:
    """Those that work, and those that wait for work."""
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    with subprocess.Popen([sys.executable, script, *naps], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        children = psutil.Process(process.pid).children()
        assert len(children) >= 2
        process.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]
