"""The demo models that ship with the package, and a small index made with them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.index.build import build_index
from bddseg_tui.index.clip import Clip, load_clip
from bddseg_tui.index.llava.local import LocalLlava, load_llava
from bddseg_tui.index.search import Searcher, open_searcher


@dataclass(frozen=True)
class Indexed:
    """A drawn dataset with its index and all that searches it."""

    root: Path
    folder: Path
    clip: Clip
    searcher: Searcher


@pytest.fixture(scope="session")
def clip() -> Clip:
    return load_clip("demo", "cpu")


@pytest.fixture(scope="session")
def llava() -> LocalLlava:
    return load_llava("demo", "cpu")


@pytest.fixture(scope="session")
def indexed(drawn: Path, clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder = tmp_path_factory.mktemp("index") / "index"
    build_index(open_dataset(drawn), clip, folder, lambda *_: None)
    return Indexed(drawn, folder, clip, open_searcher(folder, clip))


@pytest.fixture
def collection(workspace: Workspace, drawn: Path) -> Collection:
    """The drawn dataset, scanned into a catalog of the test's own."""
    engine = Engine(workspace)
    opened = engine.data.open(drawn)
    scan(opened.catalog, opened.dataset, lambda *_: None, workers=1)
    return opened
