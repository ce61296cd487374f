"""Starting the app in a terminal."""

import gc
import sys
from pathlib import Path

from core.errors import BddsegError
from core.workspace import Workspace
from tui.app import BddsegApp
from tui.driver import AskingDriver
from tui.ending import interruptible
from tui.images.protocol import guess_protocol


def start_app(workspace: Workspace, dataset: Path | None, images: str) -> int:
    """Runs the app until the person leaves; returns the exit code.

    Raises:
        BddsegError: the dataset cannot be opened.
        Exception: whatever ended the app; the terminal is as it was before.
    """
    from core.settings import load_settings

    if dataset is not None and not dataset.is_dir():
        from core.dataset import open_dataset

        open_dataset(dataset)
    if images == "auto":
        images = load_settings(workspace).images
    protocol, may_upgrade = guess_protocol(images)
    # A thread that decodes lets the event loop in sooner than Python's 5 ms.
    sys.setswitchinterval(0.001)
    gc.set_threshold(20_000, 20, 20)
    app = BddsegApp(workspace, dataset, protocol, may_upgrade, AskingDriver)
    with interruptible():
        result = app.run()
    if app.failure is not None:
        raise getattr(app.failure, "error", app.failure)
    if app.return_code:
        raise BddsegError("the app ended unexpectedly; running jobs go on")
    return result or 0
