"""What a command works on: the engine over a workspace, a dataset, an evaluation."""

from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.workspace.workspace import open_workspace
from bddseg_tui.tui.cli.output import progress

if TYPE_CHECKING:
    from bddseg_tui.core.runs.evaluation import Evaluation


def open_engine(workspace: Path | None) -> Engine:
    """The engine over the workspace that was named, or over the usual one."""
    return Engine(open_workspace(workspace))


def open_last(engine: Engine, data: Path | None, scan: bool) -> Collection:
    """The dataset that was named, or the last one, or the demo; scanned where a filter needs its counts."""
    from bddseg_tui.core.settings import load_settings

    root = data or load_settings(engine.workspace).dataset_path
    if root is None and engine.workspace.demo.is_dir():
        root = engine.workspace.demo
    if root is None:
        raise UsageError("which dataset? name it with --data DIR")
    collection = engine.data.open(root)
    if scan:
        with progress("scanning", "samples") as report:
            engine.data.scan(collection, report)
    return collection


def find_evaluation(engine: Engine, run: str, split: str, checkpoint: str, tta: str) -> "Evaluation":
    """The finished evaluation of a run.

    Raises:
        BddsegError: there is none; the message says how to make it.
    """
    from bddseg_tui.core.runs.evaluation import evaluation_folder, load_evaluation

    return load_evaluation(evaluation_folder(engine.runs.find(run, trained=True).folder, checkpoint, split, tta))
