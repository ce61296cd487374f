"""A terminal that goes while the app is still starting: the app goes too, and does not spin."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bddseg_tui.tui.terminal.restore import RESTORED
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


def test_a_kill_in_the_middle_of_a_picture_leaves_a_terminal_that_can_be_worked_in(tmp_path: Path, drawn: Path) -> None:
    with Terminal.app(drawn, "--workspace", str(tmp_path), "--images", "sixel") as terminal:
        # The pty takes some of the picture and no more, as nobody reads on.
        terminal.until(lambda seen: b"\x1bP0;" in seen)
        assert b"\x1b\\" not in terminal.output[terminal.output.rindex(b"\x1bP0;") :]
        os.killpg(terminal.process.pid, signal.SIGKILL)
        terminal.until(lambda seen: RESTORED.encode() in seen)
        terminal.until(lambda seen: terminal.signals)


def test_an_app_that_is_left_needs_nothing_restored(tmp_path: Path, drawn: Path) -> None:
    with Terminal.app(drawn, "--workspace", str(tmp_path), "--images", "quadrant") as terminal:
        terminal.until(lambda seen: b"Quit" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0
        assert RESTORED.encode() not in terminal.output and b"\x18" not in terminal.output
