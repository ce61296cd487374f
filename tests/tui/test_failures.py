"""What goes wrong while the app runs: told in one line, kept in a log where it is a mistake, and nothing else ends."""

import logging
import sys
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from bddseg_tui.core.files.log_file import LOG_FILE
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.app_log import LOG
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.first_run import FirstRunScreen
from bddseg_tui.tui.shared.path_lines import FoldedText
from tests.tui.conftest import until
from tests.tui.terminal import Terminal


async def test_a_home_of_nobody_is_told_where_it_was_typed(workspace: Workspace) -> None:
    app = BddsegApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, FirstRunScreen))
        field = app.screen.query_one(Input)
        field.value = "~nosuchuser/data"
        await field.action_submit()
        told = app.screen.query_one("#welcome--error", Static)
        await until(pilot, lambda: isinstance(told.content, FoldedText) and "no user 'nosuchuser'" in told.content.text)
        assert app.failure is None


async def test_a_mistake_in_a_thread_is_told_and_kept_and_the_app_goes_on(
    app: BddsegApp, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, LOG.name)

    def mistaken() -> None:
        raise KeyError("\x1b[2J")

    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.query_one(SampleList).count == 21)
        app.query_one(DatasetPane).run_worker(mistaken, thread=True, exit_on_error=False)
        await until(pilot, lambda: "please report it" in caplog.text)
        assert f"{workspace.root / LOG_FILE} has its traceback" in caplog.text and "\x1b" not in caplog.text
        assert "in mistaken" in (workspace.root / LOG_FILE).read_text()
        assert app.is_running and app.failure is None


MISTAKEN = """
import sys
from bddseg_tui.tui.dataset.pane import DatasetPane
def mistaken(self, *_):
    raise {error}
DatasetPane.action_sort = mistaken
sys.argv = ["bddseg-tui", {dataset!r}]
from bddseg_tui.tui.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        ("KeyError('x\\x1b]0;owned\\x07')", 70, b"a mistake of this program (KeyError: "),
        ("OSError(28, 'x', '/a')", 1, b"error: /a cannot be used: the disk is full: make room"),
    ],
)
def test_what_ends_the_app_is_one_line_on_a_terminal_as_it_was(
    workspace: Workspace, drawn: Path, error: str, code: int, told: bytes
) -> None:
    program = MISTAKEN.format(error=error, dataset=str(drawn))
    with Terminal([sys.executable, "-c", program], size=(200, 30)) as terminal:
        terminal.until(lambda seen: "▀".encode() in seen)
        terminal.send(b"s")
        assert terminal.wait() == code
        _, _, rest = terminal.output.rpartition(b"\x1b[?1049l")
        assert told in rest and rest.count(b"error: ") == 1
        assert b"Traceback" not in rest and b"owned\x07" not in rest
    assert ("Traceback" in (workspace.root / LOG_FILE).read_text()) == (code == 70)


def test_the_log_says_what_the_app_opened_and_debug_says_where_it_is(workspace: Workspace, drawn: Path) -> None:
    with Terminal.app(drawn, "--debug") as terminal:
        terminal.until(lambda seen: "▀".encode() in seen)
        terminal.send(b"2")
        terminal.until(lambda seen: b"no runs yet" in seen)
        terminal.send(b"q")
        assert terminal.wait() == 0
        _, _, rest = terminal.output.rpartition(b"\x1b[?1049l")
        assert f"log: {workspace.root / LOG_FILE}".encode() in rest
    lines = (workspace.root / LOG_FILE).read_text().splitlines()
    assert "INFO bddseg-tui " in lines[0] and lines[-1].endswith(" INFO left")
    assert any(line.endswith(f" INFO opened {drawn}") for line in lines)
    assert any(line.endswith(" DEBUG pane train") for line in lines)
