"""An app that tells what goes wrong in it: toasts, the log, and the error that ended it."""

import logging
from typing import TYPE_CHECKING

from textual import on, work
from textual.notifications import SeverityLevel
from textual.worker import Worker

from bddseg_tui.core.files.error_log import explained, keep_traceback, mistake
from bddseg_tui.core.sanitize import sanitize, sanitize_lines
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.shared.messages import WorkFailed
from bddseg_tui.tui.shared.path_lines import TOAST_WIDTH, fold_at_slashes
from bddseg_tui.tui.shared.worker_errors import tell_failure
from bddseg_tui.tui.terminal.capabilities import TerminalCapabilities
from bddseg_tui.tui.terminal_app import TerminalApp

if TYPE_CHECKING:
    from textual.driver import Driver

_LOG = logging.getLogger(__name__)
_LEVELS: dict[SeverityLevel, int] = {
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class ReportingApp(TerminalApp):
    """Tells errors of threads in a toast, keeps their tracebacks in a workspace's log, and says what ended it.

    Attributes:
        failure: the error that ended the app, if one did.
    """

    def __init__(
        self,
        workspace: Workspace,
        terminal: TerminalCapabilities,
        driver_class: "type[Driver] | None" = None,
        picture_bytes: int = 0,
    ) -> None:
        """As `TerminalApp` says; `workspace` has the log."""
        super().__init__(terminal, driver_class, picture_bytes)
        self._workspace = workspace
        self.failure: Exception | None = None

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Shows a toast and logs it; from any thread. All come through here, and their texts pass the sanitizer."""
        message, title = sanitize_lines(message), sanitize(title)
        _LOG.log(_LEVELS[severity], "%s", f"{title}: {message}" if title else message)
        shown = fold_at_slashes(message, TOAST_WIDTH)
        super().notify(shown, title=title, severity=severity, timeout=timeout, markup=markup)

    def _handle_exception(self, error: Exception) -> None:
        # Private in Textual (checked against 8.2.8), as is `_fatal_error`: there is no public way to learn of an error
        # that ends the app. Whoever started it tells it.
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print the traceback with the values of all variables, as they are.
        self.bell()
        self.panic()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)

    @on(WorkFailed)
    def _work_failed(self, message: WorkFailed) -> None:
        self._tell_error(message.error)

    @work(thread=True, group="errors", exit_on_error=False)
    def _tell_error(self, error: BaseException) -> None:
        text = explained(error)
        _LOG.debug("in a thread:", exc_info=error)
        if text is None:
            text = mistake(error, keep_traceback(error, self._workspace.root))
        self.notify(text, title=type(error).__name__, severity="error", markup=False, timeout=12)
