"""Fixtures that every test may use: a small drawn dataset, a workspace of its own, and the real images."""

import logging
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.demo.generate import generate
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace

# Tests must not depend on the terminal that they run in, nor on another process's settings.
for name in (
    "TMUX",
    "STY",
    "NO_COLOR",
    "KITTY_WINDOW_ID",
    "TERM_PROGRAM",
    "BDDSEG_WORKSPACE",
    "COLORTERM",
    "COLUMNS",
    "LINES",
):
    os.environ.pop(name, None)
os.environ["TERM"] = "xterm-256color"
os.environ["HF_HUB_OFFLINE"] = "1"
# A retriever that outlives its test would keep its models in memory for minutes.
os.environ["BDDSEG_RETRIEVER_MINUTES"] = "0"
# A shell lets what it runs in the background ignore Ctrl+C, which all children would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# A worker of pytest a core: PyTorch's threads would wait for each other, which makes a step several times as slow.
os.environ["OMP_NUM_THREADS"] = "1"


# `HYPOTHESIS_PROFILE=long` looks for hours, and elsewhere each time; otherwise every run tries the same few examples.
# A machine with much else to do is slow, and no test may fail for that.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", patient, max_examples=60, derandomize=True, database=None)
settings.register_profile("long", patient, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

SLOW_IN_TUI = (
    "ask_chats ask_pane ask_typing backlog cli cli_data cli_help cli_retrieval cli_unpack cli_verdicts dataset_layout "
    "dataset_pane dataset_pictures dataset_scan ending event_loop failures filter_memory fuzz_command_line grid "
    "import_hygiene json_output long_runs marks multiplexers not_kept places_screen pty queue_screen run_panes "
    "samples_screen sent_once shell_completion snapshots terminal_gone tiny_screens worklist_screen"
)
SLOW = {
    *("train", "index", "faults", "test_api.py", "test_package.py", "test_earlier_workspace.py"),
    *(f"tui/test_{name}.py" for name in SLOW_IN_TUI.split()),
}
"""Folders and files whose tests load PyTorch, or start the program or the app again and again: `-m "not slow"` leaves
them out, unread. A slow test elsewhere has the mark itself."""


def _is_slow(path: Path) -> bool:
    place = path.relative_to(Path(__file__).parent).as_posix()
    return place in SLOW or place.split("/")[0] in SLOW


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Reading slow files would load PyTorch, only to leave all of their tests out."""
    return True if config.getoption("markexpr") == "not slow" and _is_slow(collection_path) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marks what is slow."""
    if _is_slow(item.path):
        item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo dataset of 12/6/3 scenes at 128x72; read only, please."""
    root = tmp_path_factory.mktemp("drawn") / "demo"
    generate(root, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, workers=1)
    return root


@pytest.fixture
def dataset(drawn: Path, tmp_path: Path) -> Path:
    """A copy of the drawn dataset that a test may spoil."""
    return Path(shutil.copytree(drawn, tmp_path / "data"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("BDDSEG_WORKSPACE", str(tmp_path / "workspace"))
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def engine(workspace: Workspace) -> Engine:
    return Engine(workspace)


@pytest.fixture
def collection(engine: Engine, dataset: Path) -> Collection:
    """The dataset, scanned."""
    opened = engine.data.open(dataset)
    engine.data.scan(opened, lambda done, total: None)
    return opened


@pytest.fixture
def real_data() -> Path:
    """Real driving images, where BDDSEG_REAL_DATA names them."""
    named = os.environ.get("BDDSEG_REAL_DATA")
    if not named:
        pytest.skip("BDDSEG_REAL_DATA is not set")
    return Path(named).resolve()


@pytest.fixture(autouse=True)
def own_loudness() -> Iterator[None]:
    """A command that runs in the test's process says how loud it is for the rest of it: here, for that test alone."""
    log = logging.getLogger("bddseg_tui")
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    yield
    log.handlers, log.propagate = handlers, propagate
    log.setLevel(level)
