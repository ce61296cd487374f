"""`python -m tests.tui.furnish WORKSPACE DATASET`: trains a run, evaluates it and builds an index, all in one process.

PyTorch takes seconds to load, which four processes in turn would pay four times.
"""

import sys
from pathlib import Path

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.index.__main__ import main as index
from bddseg_tui.train.__main__ import main as train
from tests.tui.conftest import SMALL


def furnish(workspace: Path, dataset: Path) -> None:
    """Does what the jobs of training, evaluating (plainly, and flipped) and indexing do.

    Raises:
        AssertionError: one failed; it has said why.
    """
    engine = Engine(Workspace(workspace))
    run = engine.runs.create(dataset, build_config("demo", [f"{k}={v}" for k, v in SMALL.items()]), "demo")
    assert train(["fit", str(run.folder)]) == 0
    for tta in ("none", "flip"):
        assert train(["evaluate", str(run.folder), "--tta", tta]) == 0
    assert index(["build", str(dataset), str(engine.retrieval.index_folder(dataset))]) == 0


if __name__ == "__main__":
    furnish(Path(sys.argv[1]), Path(sys.argv[2]))
