"""Keys one after another: the next is looked at when the last has had its effect.

Over a slow line several keys come in one packet. Textual hands each on as it comes, while what a key does is found out
only after it has gone up from the focused widget to the app; so `t` opened its dialog too late for the letters behind
it, which were lost or taken for commands.
"""

import asyncio
from collections import deque
from typing import Any

from textual.app import App
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.screen import Screen

_AT_MOST_S = 5.0


class TypeAhead:
    """Holds keys back while an earlier one is under way."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._held: deque[Key | Paste] = deque()
        self._due: Key | Paste | None = None
        self._turn = 0
        self._screen: Screen[Any] | None = None
        self._guard: asyncio.TimerHandle | None = None

    def holds(self, event: Key | Paste) -> bool:
        """Whether a key (or what is pasted) has to wait; if so, it comes to the app again when it is its turn."""
        if self._screen is not None and event is not self._due:
            self._held.append(event)
            return True
        self._due, self._screen = None, self._app.screen
        self._turn += 1
        # A keyboard must not go dead because a widget went away in a manner that nobody thought of.
        self._guard = asyncio.get_running_loop().call_later(_AT_MOST_S, self._end, self._turn)
        return False

    def given(self, target: DOMNode) -> None:
        """Called when a key has been handed to a widget: goes the way up to the app behind it."""
        way = [*target.ancestors_with_self]
        self._follow(way, self._turn, again=way)

    def _follow(self, way: list[DOMNode], turn: int, again: list[DOMNode]) -> None:
        while way:
            stop, *way = way
            if stop.call_later(self._follow, way, turn, again):
                return
        if again and self._held:
            # Somebody waits: go once more, behind the messages that widgets have posted because of the key.
            self._follow(again, turn, [])
            return
        screen = self._app.screen
        # A screen that the key has opened takes no keys before its field has the focus.
        if screen is self._screen or not screen.call_after_refresh(self._end, turn):
            self._end(turn)

    def _end(self, turn: int) -> None:
        if turn != self._turn or self._screen is None:
            return
        if self._guard is not None:
            self._guard.cancel()
        if self._held:
            self._due = self._held.popleft()
            self._app.post_message(self._due)
        else:
            self._screen = None
