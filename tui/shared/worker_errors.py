"""Errors of work in threads that nobody foresaw, on their way to the app, which tells them."""

from textual.dom import DOMNode
from textual.worker import Worker, WorkerState

from bddseg_tui.core.data.catalog import InterruptedReadError
from bddseg_tui.tui.shared.messages import WorkFailed


def tell_failure(node: DOMNode, event: Worker.StateChanged) -> None:
    """Tells the app of a worker that failed. Without it, one that may not end the app would fail in silence."""
    error = event.worker.error
    if event.state is WorkerState.ERROR and error is not None:
        tell_error(node, error)


def tell_error(node: DOMNode, error: BaseException) -> None:
    """Tells the app of an error; from any thread."""
    # An interrupted read was ended because nobody wants the answer any more.
    if not isinstance(error, InterruptedReadError):
        node.app.post_message(WorkFailed(error))
