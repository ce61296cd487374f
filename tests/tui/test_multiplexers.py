"""The app within a real tmux and a real GNU screen: colours, pictures, and what is left behind."""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bddseg_tui.core.workspace.workspace import Workspace
from tests.tui.terminal import Terminal

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
needs_screen = pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")
PROMPT = "the app is left"


@pytest.fixture
def name() -> Iterator[str]:
    """The name of a server or session that nobody else has; it is ended at the end."""
    unique = f"bddseg-{uuid.uuid4().hex[:8]}"
    yield unique
    for command in (["tmux", "-L", unique, "kill-server"], ["screen", "-S", unique, "-X", "quit"]):
        if shutil.which(command[0]):
            subprocess.run(command, capture_output=True, check=False, timeout=20)


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests themselves may run in tmux or screen."""
    for variable in ("TMUX", "TMUX_PANE", "STY", "WINDOW"):
        monkeypatch.delenv(variable, raising=False)


def app_then_prompt(dataset: Path, *options: str) -> str:
    words = [sys.executable, "-m", "bddseg_tui.tui", "open", str(dataset), *options]
    return f"{' '.join(words)}; echo '{PROMPT}'; read answer"


def tmux(name: str, *words: str) -> str:
    done = subprocess.run(["tmux", "-L", name, *words], capture_output=True, check=True, text=True, timeout=20)
    return done.stdout


@needs_tmux
@pytest.mark.parametrize(("features", "exact"), [("RGB,256", True), ("256", False)])
def test_in_tmux_classes_have_their_colours_or_those_chosen_for_256(
    workspace: Workspace, drawn: Path, name: str, features: str, exact: bool
) -> None:
    command = ["tmux", "-L", name, "-f", "/dev/null", "-T", features, "new-session", app_then_prompt(drawn)]
    with Terminal(command, env={"COLORTERM": "", "TERM": "xterm-256color"}) as terminal:
        # A swatch of road.
        road = b"38;2;128;64;128" if exact else b"38;5;90"
        terminal.until(lambda seen: road in seen.replace(b":", b";"))


@needs_tmux
def test_a_kitty_picture_goes_through_tmux_where_that_is_allowed(workspace: Workspace, drawn: Path, name: str) -> None:
    command = ["tmux", "-L", name, "-f", "/dev/null", "-T", "RGB,256", "new-session"]
    shell = f"tmux set -g allow-passthrough on; {app_then_prompt(drawn, '--images', 'kitty')}"
    with Terminal([*command, shell]) as terminal:
        terminal.until(lambda seen: b"\x1b_Ga=T,U=1" in seen and "\U0010eeee".encode() in seen)


@needs_tmux
def test_tmux_is_left_without_mouse_reports_and_with_an_empty_screen(
    workspace: Workspace, drawn: Path, name: str
) -> None:
    command = ["tmux", "-L", name, "-f", "/dev/null", "set", "-g", "alternate-screen", "off", ";"]
    with Terminal([*command, "new-session", app_then_prompt(drawn)]) as terminal:
        terminal.until(lambda seen: b"1/21" in seen)
        assert tmux(name, "display", "-p", "#{mouse_any_flag}").strip() == "1"
        terminal.send(b"q")
        terminal.until(lambda seen: PROMPT.encode() in seen)
        assert tmux(name, "display", "-p", "#{mouse_any_flag}#{mouse_all_flag}#{cursor_flag}").strip() == "001"
        assert tmux(name, "capture-pane", "-p").split("\n")[0] == PROMPT
        assert not tmux(name, "capture-pane", "-p").replace(PROMPT, "").strip()


@needs_screen
def test_screen_gets_256_colours_whatever_colorterm_says_and_is_left_empty(
    workspace: Workspace, drawn: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets, copy = tmp_path / "sockets", tmp_path / "copy"
    sockets.mkdir(mode=0o700)
    monkeypatch.setenv("SCREENDIR", str(sockets))
    script = app_then_prompt(drawn)
    with Terminal(["screen", "-c", "/dev/null", "-S", name, "sh", "-c", script]) as terminal:
        terminal.until(lambda seen: b"38;5;90" in seen and b"1/21" in seen)
        assert b"38;2;" not in terminal.output
        terminal.send(b"q")
        terminal.until(lambda seen: PROMPT.encode() in seen)
        subprocess.run(["screen", "-S", name, "-X", "hardcopy", str(copy)], check=True, timeout=20)
        terminal.until(lambda seen: copy.exists() and PROMPT in copy.read_text())
        assert not copy.read_text().replace(PROMPT, "").strip()
