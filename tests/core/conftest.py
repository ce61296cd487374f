"""Fixtures."""

from pathlib import Path

import pytest

from bddseg_tui.core.retrieval.chats import (
    Chat,
    new_chat,
)
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return new_chat(tmp_path, Path("/data/demo"))


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> Run:
    return create_run(workspace, tmp_path, build_config(), "demo")
