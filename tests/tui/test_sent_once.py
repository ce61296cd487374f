"""Each picture goes to the terminal once, and what stands beside it is about it."""

import re
import threading
from pathlib import Path

import pytest
from textual.widgets import Label

from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.drawing import Drawn, Wanted, draw
from tests.tui.conftest import until
from tests.tui.terminal import Terminal

SENT = re.compile(rb"\x1b_Ga=T,U=1,i=(\d+)")
FREED = re.compile(rb"\x1b_Ga=d,d=I,i=(\d+)")


def settle(terminal: Terminal) -> None:
    """Reads until nothing has come for longer than anything in the app waits: it looks at its jobs once a second."""
    terminal.until(lambda seen: not terminal.read(1.3))


def test_a_step_in_full_screen_sends_one_sixel_and_no_step_sends_none(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "sixel") as terminal:
        terminal.until(lambda seen: b"\x1bP" in seen and b"1/21" in seen)
        settle(terminal)
        terminal.send(b"f")
        terminal.until(lambda seen: b"Esc back" in seen and b"\x1bP" in seen)
        settle(terminal)
        before = terminal.output.count(b"\x1bP")
        terminal.send(b"j")
        terminal.until(lambda seen: b"\x1bP" in seen)
        settle(terminal)
        assert terminal.output.count(b"\x1bP") == before + 1
        terminal.send(b"\x1b")
        terminal.until(lambda seen: b"2/21" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_a_kitty_picture_that_the_terminal_has_is_placed_and_not_sent_again(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "kitty") as terminal:
        terminal.until(lambda seen: SENT.search(seen) and b"1/21" in seen)
        settle(terminal)
        # The neighbours are drawn ahead, but they are not sent before they are shown.
        assert len(SENT.findall(terminal.output)) == 1
        terminal.send(b"j")
        terminal.until(lambda seen: SENT.search(seen) and b"2/21" in seen)
        settle(terminal)
        terminal.send(b"k")
        back = terminal.until(lambda seen: b"1/21" in seen and "\U0010eeee".encode() in seen)
        settle(terminal)
        assert not SENT.search(back)
        terminal.send(b"q")
        assert terminal.wait() == 0
        sent, freed = SENT.findall(terminal.output), FREED.findall(terminal.output)
        assert len(sent) == len(set(sent)) == 2 and set(freed) == set(sent)


def test_kitty_frees_the_picture_of_a_full_screen_that_is_closed(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "kitty") as terminal:
        terminal.until(lambda seen: SENT.search(seen) and b"1/21" in seen)
        settle(terminal)
        before = set(SENT.findall(terminal.output))
        terminal.send(b"f")
        terminal.until(lambda seen: b"Esc back" in seen and SENT.search(seen))
        settle(terminal)
        of_the_screen = set(SENT.findall(terminal.output)) - before
        assert of_the_screen and not of_the_screen & set(FREED.findall(terminal.output))
        terminal.send(b"\x1b")
        terminal.until(lambda seen: b"1/21" in seen)
        settle(terminal)
        assert of_the_screen <= set(FREED.findall(terminal.output))
        terminal.send(b"q")
        assert terminal.wait() == 0


def test_what_else_was_written_to_the_terminal_goes_with_ctrl_l(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--images", "quadrant") as terminal:
        terminal.until(lambda seen: b"1/21" in seen and b"Dataset" in seen)
        settle(terminal)
        terminal.send(b"\x0c")
        terminal.until(lambda seen: b"1/21" in seen and b"Dataset" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0


async def test_name_and_shares_are_those_of_the_picture_that_is_shown(
    app: BddsegApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    gate.set()

    def slow(wanted: Wanted) -> Drawn:
        gate.wait(20)
        return draw(wanted)

    monkeypatch.setattr("bddseg_tui.tui.shared.picture.draw", slow)
    async with app.run_test(size=(140, 40)) as pilot:
        caption = app.query_one("#caption", Label)
        samples = app.query_one(SampleList)
        await until(pilot, lambda: samples.count == 21 and samples.row and samples.row.name in str(caption.content))
        await until(pilot, lambda: all(w.is_finished for w in app.workers))
        first = str(caption.content)
        gate.clear()
        await pilot.press("G")
        await until(pilot, lambda: str(caption.content) == f"{first}  …")
        gate.set()
        await until(pilot, lambda: samples.row and samples.row.name in str(caption.content))
        assert "…" not in str(caption.content)
