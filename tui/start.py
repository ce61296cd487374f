"""Starting the app in a terminal."""

import gc
import sys
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.log_file import LOG_FILE
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.app_log import app_log
from bddseg_tui.tui.command_exit import interruptible, say_last
from bddseg_tui.tui.terminal.capabilities import capabilities_at_start
from bddseg_tui.tui.terminal.driver import AskingDriver


def start_app(
    workspace: Workspace,
    dataset: Path | None,
    images: str = "auto",
    colours: str = "auto",
    picture_bytes: int = 0,
    debug: bool = False,
) -> int:
    """Runs the app until the person leaves; returns the exit code.

    Args:
        workspace: where everything is kept, the log too.
        dataset: the folder to open; the one that was opened last if left out.
        images: how pictures are drawn, one of `core.settings.IMAGES`.
        colours: how many the terminal has, one of `core.settings.COLOURS`.
        picture_bytes: the most that a picture may take; 0 for what the settings say.
        debug: log details as well, and say where the log is when the app ends.

    Raises:
        BddsegError: the dataset cannot be opened.
        Exception: whatever ended the app; the terminal is as it was before.
    """
    from bddseg_tui.core.settings import load_settings

    if dataset is not None and not dataset.is_dir():
        from bddseg_tui.core.data.dataset import open_dataset

        open_dataset(dataset)
    settings = load_settings(workspace)
    terminal = capabilities_at_start(
        settings.images if images == "auto" else images,
        settings.colours if colours == "auto" else colours,
        settings.charts,
        settings.seen,
    )
    # A thread that decodes lets the event loop in sooner than Python's 5 ms.
    sys.setswitchinterval(0.001)
    gc.set_threshold(20_000, 20, 20)
    app = BddsegApp(workspace, dataset, terminal=terminal, driver_class=AskingDriver, picture_bytes=picture_bytes)
    with app_log(workspace.root, debug), interruptible():
        result = app.run()
    if debug:
        say_last(f"log: {sanitize_path(workspace.root / LOG_FILE)}")
    if app.failure is not None:
        raise getattr(app.failure, "error", app.failure)
    if app.return_code:
        raise BddsegError("the app ended unexpectedly; running jobs go on")
    return result or 0
