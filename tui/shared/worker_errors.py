"""What a person is told when work in a thread fails in a way that nobody foresaw."""

from typing import Any

from textual.app import App
from textual.worker import Worker, WorkerState

from bddseg_tui.core.data.catalog import InterruptedReadError
from bddseg_tui.core.files.error_log import explained, keep_traceback


def tell_failure(app: App[Any], event: Worker.StateChanged) -> None:
    """Says what went wrong. Without it, a worker that may not end the app would fail in silence."""
    error = event.worker.error
    if event.state is WorkerState.ERROR and error is not None:
        tell_error(app, error)


def tell_error(app: App[Any], error: BaseException) -> None:
    """Says what went wrong in a thread, in one line."""
    if isinstance(error, InterruptedReadError):
        return  # It was ended because nobody wants the answer any more.
    text = explained(error) or str(error) or type(error).__name__
    _keep(app, error)
    app.notify(text, title=type(error).__name__, severity="error", markup=False, timeout=12)


def _keep(app: App[Any], error: BaseException) -> None:
    """Keeps the traceback of what must be a mistake of ours, as the command line does."""
    engine = getattr(app, "engine", None)
    if engine is not None and explained(error) is None:
        keep_traceback(error, engine.workspace.root)
