"""The app under test: a fixed size, theme and picture protocol, and waiting for what it says, never for time."""

import inspect
import logging
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.app_log import LOG
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.dataset.scan import DatasetScan
from tests.tui.event_loop import blocking, watched_loop

AppPilot = Pilot[int]
Told = Callable[[], str]
WAIT_ROUNDS = 600
SMALL = {"encoder": "mobilenet_v2", "height": "32", "width": "64", "batch_size": "4", "epochs": "1", "threads": "1"}
"""Settings of a run that is over in seconds."""


async def until(pilot: AppPilot, happened: Callable[[], object]) -> None:
    """Lets the app go on until something happened.

    Raises:
        AssertionError: it did not within 30 seconds.
    """
    for _ in range(WAIT_ROUNDS):
        if happened():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    raise AssertionError("it did not happen")


async def until_scanned(app: BddsegApp, pilot: AppPilot) -> None:
    """Waits until the scan of the dataset that is opened has ended."""

    def ended() -> bool:
        scan = app.query_one(DatasetScan).scan
        return scan is not None and scan.process is not None and scan.process.poll() is not None

    await until(pilot, ended)


@pytest.fixture(autouse=True)
def unblocked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wherever a test goes in the app, nothing of the app's may block the event loop."""
    if not inspect.iscoroutinefunction(request.function):
        yield
        return
    with watched_loop(monkeypatch) as found:
        yield
    assert not blocking(found), blocking(found)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """All that the app has said in toasts, a line each; it logs every one."""
    caplog.set_level(logging.INFO, LOG.name)
    return lambda: "\n".join(r.getMessage() for r in caplog.records if r.funcName == BddsegApp.notify.__name__)


@pytest.fixture
def app(workspace: Workspace, drawn: Path) -> BddsegApp:
    return BddsegApp(workspace, drawn, "halfblock")


@pytest.fixture(scope="session")
def furnished(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a finished run, its evaluations best-val and best-val-flip, an index and a chat; read only."""
    engine = Engine(Workspace(tmp_path_factory.mktemp("furnished") / "workspace"))
    words = [sys.executable, "-m", "tests.tui.furnish", str(engine.workspace.root), str(drawn)]
    subprocess.run(words, cwd=Path(__file__).parents[2], check=True)
    image = min(p.relative_to(drawn) for p in drawn.rglob("*.jpg"))
    chat = engine.chats.new(drawn)
    engine.chats.keep(chat, Turn(1, "a bus", anchors=("bus",), image=str(image), answer="a *bus*"))
    return engine.workspace


@pytest.fixture(scope="session")
def indexed_workspace(furnished: Workspace, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which the drawn dataset has an index, and no chat."""
    workspace = Workspace(tmp_path_factory.mktemp("indexed") / "workspace")
    shutil.copytree(furnished.root, workspace.root)
    chats = Engine(workspace).chats
    for chat in chats.find(drawn):
        chats.delete(chat)
    return workspace


async def ask_pane_shown(pilot: AppPilot) -> None:
    """Opens the Ask pane, once there is a dataset."""
    await until(pilot, lambda: pilot.app.query_one(SampleList).count == 21)
    await pilot.press("4")
    await until(pilot, lambda: pilot.app.query(AskPane))


@pytest.fixture
async def asking(indexed_workspace: Workspace, drawn: Path) -> AsyncIterator[AppPilot]:
    """The app on the Ask pane, with an index."""
    app = BddsegApp(indexed_workspace, drawn, "halfblock")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask_pane_shown(pilot)
        await until(pilot, lambda: app.query_one(AskPane).index.manifest)
        yield pilot
    for chat in app.engine.chats.find(drawn):
        app.engine.chats.delete(chat)


@pytest.fixture
def trained(furnished: Workspace, engine: Engine) -> Run:
    """A finished run with an evaluation, in the test's workspace."""
    shutil.copytree(furnished.root, engine.workspace.root)
    (run,) = engine.runs.list_runs()
    # Its jobs tell the catalog of the workspace that is named there, which other tests copy.
    config = run.folder / "config.toml"
    config.write_text(config.read_text().replace(str(furnished.root), str(engine.workspace.root)))
    engine.analysis.delete(run, "best-val+flip")
    return run


def text(app: BddsegApp, selector: str) -> str:
    """What a line of the screen says."""
    return str(app.query_one(selector, Static).render())
