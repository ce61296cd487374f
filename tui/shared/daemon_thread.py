"""Work in a thread that nobody waits for.

Textual's own thread workers are joined when the app is left: a question to a large catalog, or a process that has
nothing to say, would keep the shell from coming back.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual.app import App

from bddseg_tui.tui.shared.worker_errors import tell_error


def run_apart(app: App[Any], work: Callable[[], None], name: str) -> None:
    """Runs work that must be good to be left at any moment: it reads, or another process does what matters.

    It hands over what it found by `call_from_thread`. What fails is told as for a worker.
    """

    def run() -> None:
        try:
            work()
        except Exception as error:
            # Once the app is left there is no loop to hand anything to, and nobody to tell.
            if app.is_running:
                with suppress(RuntimeError):
                    app.call_from_thread(tell_error, app, error)

    threading.Thread(target=run, name=name, daemon=True).start()
