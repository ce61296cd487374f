"""Nothing is drawn while what was drawn before has not arrived: a key is answered soon, whatever was held before it."""

import time
from contextlib import ExitStack
from typing import Any

from textual.app import App

from bddseg_tui.tui.terminal.backlog import Backlog

AT_MOST = 8_000
"""Bytes under way with which more is drawn: a sixteenth of a second on a line of 1 Mbit/s."""
LOOK_EVERY_S = 0.02


class DrawingPause:
    """Has Textual collect what changes until the terminal has taken what it was sent, then draw it all at once."""

    def __init__(self, app: App[Any], backlog: Backlog) -> None:
        self._app, self.backlog = app, backlog
        self._batch = ExitStack()
        self._paused = self._lost = False
        self._not_before = 0.0

    @property
    def paused(self) -> bool:
        """Whether nothing is drawn just now."""
        return self._paused

    def drawn(self) -> None:
        """Called behind each update that was drawn, or would have been."""
        if self._paused:
            # Textual has forgotten what this update would have drawn.
            self._lost = True
        elif self.backlog.bytes > AT_MOST:
            self._pause()

    def hold(self, seconds: float) -> None:
        """Draws nothing for a while: several changes of the whole screen follow, of which the last is enough."""
        self._not_before = time.monotonic() + seconds
        if not self._paused:
            self._pause()

    def look(self) -> None:
        """Goes on, if the terminal has come far enough."""
        if not self._paused:
            return
        if self.backlog.bytes > AT_MOST or time.monotonic() < self._not_before:
            self._app.set_timer(LOOK_EVERY_S, self.look)
            return
        self._paused = False
        self._batch.close()
        if self._lost:
            self._lost = False
            self._app.screen.refresh()
        self._app.screen.check_idle()

    def _pause(self) -> None:
        self._paused = True
        self._batch.enter_context(self._app.batch_update())
        self._app.set_timer(LOOK_EVERY_S, self.look)
