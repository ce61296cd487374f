"""`doctor`, in a terminal that answers and in none."""

import sys
from pathlib import Path

import pytest
from textual.widgets import Static

from bddseg_tui.core.settings import load_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.cli.root import run
from bddseg_tui.tui.terminal.capabilities import TerminalAnswers, TmuxAnswers, capabilities_at_start
from bddseg_tui.tui.terminal.report import advice
from tests.tui.json_output import parsed
from tests.tui.terminal import Terminal

ANSWERS = b"\x1bP>|XTerm(379)\x1b\\\x1bP0+r524742\x1b\\\x1bP1$r0;48:2::1:2:3m\x1b\\\x1b[?64;1;2;4;6c"
DOCTOR = [sys.executable, "-m", "bddseg_tui.tui", "doctor"]
INSIDE = TmuxAnswers("3.3a", "xterm-kitty", "kitty(0.36.4)", frozenset({"256"}))


def test_it_says_what_the_terminal_answered_and_keeps_what_is_seen(workspace: Workspace) -> None:
    save_settings(workspace, images="halfblock")
    with Terminal(DOCTOR, env={"COLORTERM": ""}) as terminal:
        terminal.until(lambda seen: b"\x1b[c" in seen)
        terminal.send(ANSWERS)
        shown = terminal.until(lambda seen: b"keep nothing" in seen)
        for expected in (b"XTerm(379)", b"DECRQSS", b'"1;1;', b"\x1b]1337;File=", b"\x1b_Ga=T", "▀".encode()):
            assert expected in shown
        terminal.send(b"no\n99\n3\n")
        terminal.until(lambda seen: b"drawn as sextant" in seen)
        assert terminal.wait() == 0
    settings = load_settings(workspace)
    assert (settings.seen, settings.images) == ({"XTerm(379)": "sextant"}, "auto")


def test_enter_keeps_nothing_and_what_was_seen_can_be_forgotten(workspace: Workspace) -> None:
    save_settings(workspace, seen={"XTerm(379)": "sixel", "foot(1.16)": "sixel"})
    for words, last in (([], b"nothing is kept"), (["--forget"], b"pictures")):
        with Terminal([*DOCTOR, *words]) as terminal:
            terminal.until(lambda seen: b"\x1b[c" in seen)
            terminal.send(ANSWERS)
            if not words:
                terminal.until(lambda seen: b"keep nothing" in seen)
                terminal.send(b"\n")
            terminal.until(lambda seen: last in seen)  # noqa: B023 (it is over when `until` is)
            assert terminal.wait() == 0
    assert load_settings(workspace).seen == {"foot(1.16)": "sixel"}


def test_without_a_terminal_it_tells_what_the_environment_does(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLORTERM", "TMUX", "STY", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "alacritty")
    monkeypatch.setattr("os.isatty", lambda stream: False)
    assert run(["doctor", "--json"]) == 0
    report = parsed("doctor", capsys.readouterr().out)
    assert (report["colours"], report["colours_because"]) == ("truecolor", "TERM is alacritty")
    assert (report["answered"], report["tmux"], report["seen"]) == (False, None, None)


def test_it_advises_what_tmux_would_need() -> None:
    known = capabilities_at_start(environ={"TERM": "tmux-256color", "TMUX": "/tmp/tmux"})
    told = "\n".join(advice(known.with_answers(TerminalAnswers("tmux 3.3a", sixel=False)).with_tmux(INSIDE)))
    assert 'terminal-features ",xterm-kitty:RGB"' in told and "allow-passthrough on" in told


async def test_the_app_shows_the_same_on_a_key(app: BddsegApp, drawn: Path) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f2")
        text = "\n".join(str(part.render()) for part in app.screen.query(Static))
        assert "truecolor: asked for" in text and "halfblock: asked for" in text
