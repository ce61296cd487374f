"""What a command works on: the engine over a workspace, a dataset, an evaluation."""

from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import open_workspace
from bddseg_tui.tui.cli.output import detail, note, progress

if TYPE_CHECKING:
    from bddseg_tui.core.runs.evaluation import Evaluation
    from bddseg_tui.core.runs.tta import Tta


def open_engine(workspace: Path | None) -> Engine:
    """The engine over the workspace that was named, or over the usual one."""
    opened = open_workspace(workspace)
    detail(f"workspace: {sanitize_path(opened.root)}")
    return Engine(opened)


def named_or_last(engine: Engine, named: Path | None) -> Path:
    """The dataset that was named, or the one that the app opened last, or the demo; which of these is said.

    Raises:
        UsageError: none was named, and none has been opened yet.
    """
    if named is not None:
        return named
    last = engine.data.last_opened()
    if last is None:
        raise UsageError("which dataset? name its folder: none has been opened in the app yet")
    note(f"dataset: {sanitize_path(last)} (none was named)")
    return last


def open_dataset(engine: Engine, named: Path | None, scan: bool = False) -> Collection:
    """Opens the dataset that was named, or the last one; scanned where a filter needs its counts."""
    collection = engine.data.open(named_or_last(engine, named))
    if scan:
        with progress("scanning", "samples") as report:
            engine.data.scan(collection, report)
    return collection


def find_evaluation(engine: Engine, run: str, split: str, checkpoint: str, tta: "Tta") -> "Evaluation":
    """The finished evaluation of a run.

    Raises:
        BddsegError: there is none; the message says how to make it.
    """
    return engine.analysis.evaluation(engine.runs.find(run, trained=True), split, checkpoint, tta)
