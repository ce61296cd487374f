"""What a person is told when work in a thread fails in a way that nobody foresaw."""

from typing import Any

from textual.app import App
from textual.worker import Worker, WorkerState

from core.sanitize import sanitize


def tell_failure(app: App[Any], event: Worker.StateChanged) -> None:
    """Says what went wrong. Without it, a worker that may not end the app would fail in silence."""
    error = event.worker.error
    if event.state is WorkerState.ERROR and error is not None:
        text = sanitize(str(error)) or type(error).__name__
        app.notify(text, title=type(error).__name__, severity="error", markup=False, timeout=12)
