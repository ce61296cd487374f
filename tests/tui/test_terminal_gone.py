"""A terminal that goes while the app is still starting: the app goes too, and does not spin."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.terminal import DEADLINE_S, Terminal

# The terminal is there when the program looks, and gone before Textual's driver does.
PROGRAM = """
import select, signal, sys
from pathlib import Path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.start import start_app
if {ignored}:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
assert sys.stdin.isatty()
print("started", flush=True)
gone = select.poll()
gone.register(0, 0)
gone.poll()
sys.exit(start_app(Workspace(Path({workspace!r})), Path({dataset!r}), "halfblock"))
"""


@pytest.mark.parametrize("ignored", [False, True], ids=["", "with hang-ups ignored"])
def test_the_app_ends_with_a_terminal_that_went_before_it_began_to_read(
    tmp_path: Path, drawn: Path, ignored: bool
) -> None:
    code = PROGRAM.format(ignored=ignored, workspace=str(tmp_path), dataset=str(drawn))
    terminal = Terminal([sys.executable, "-c", code])
    try:
        terminal.until(lambda seen: b"started" in seen)
        terminal.close()
        assert terminal.process.wait(DEADLINE_S) != 0
    except subprocess.TimeoutExpired:
        pytest.fail("it goes on without its terminal")
    finally:
        terminal.process.kill()
        terminal.process.wait()
