"""Finds what blocks the event loop: files, processes, SQL and sleep on the thread that draws the app."""

import os
import sqlite3
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
OURS = tuple(f"{REPOSITORY / room}{os.sep}" for room in ("core", "tui", "src"))
STDLIB = tuple({f"{Path(sysconfig.get_path(name)).resolve()}{os.sep}" for name in ("stdlib", "platstdlib")})
TEXTUAL = f"{os.sep}site-packages{os.sep}textual{os.sep}"
BLOCKING = (
    "open",
    "os.",
    "shutil.",
    "tempfile.",
    "glob.",
    "pathlib.",
    "fcntl.",
    "sqlite3.connect",
    "subprocess.",
    "time.sleep",
)
HARMLESS = ("os.putenv", "os.unsetenv", "os.kill", "os.killpg")
UNAUDITED = ("stat", "lstat", "readlink", "access")
"""Functions of `os` that raise no audit event, though they ask the disk."""

Places = dict[str, set[str]]
"""Lines of the app's (or, where none is in the stack, of the engine's), and what each did."""
_watched: tuple[int, Places] | None = None
"""The thread that is watched, and where what is found goes; None while nothing is watched."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event.startswith(BLOCKING) and event not in HARMLESS:
        _found(event)


# There is no way to take one away again: it does nothing while nothing is watched.
sys.addaudithook(_audit)


def _found(event: str) -> None:
    if _watched is not None and threading.get_ident() == _watched[0]:
        place = _blamed(sys._getframe(2))
        if place is not None:
            _watched[1].setdefault(place, set()).add(event)


def _blamed(frame: FrameType | None) -> str | None:
    """The line of ours that did it; None where the import of a module did, or Textual by itself."""
    if _makes_the_app(frame):
        return None
    outermost, ours = False, None
    while frame is not None:
        path = frame.f_code.co_filename
        if "importlib._bootstrap" in path:
            return None
        within = path.startswith(("<", *STDLIB)) and "site-packages" not in path
        if not outermost and not within and path != __file__:
            outermost = True
            if TEXTUAL in path:
                return None
        if path.startswith(OURS):
            shown = path.removeprefix(f"{REPOSITORY}{os.sep}").removeprefix("src/bddseg_tui/")
            ours = f"{shown}:{frame.f_lineno}"
            if shown.startswith("tui/"):
                return ours
        frame = frame.f_back
    return ours


def _makes_the_app(frame: FrameType | None) -> bool:
    """The app is made before its loop runs, but in a test of it."""
    while frame is not None:
        if frame.f_code.co_qualname == "BddsegApp.__init__":
            return True
        frame = frame.f_back
    return False


@contextmanager
def watched_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """Within, each line that blocks the event loop of this thread is added to what is given."""
    global _watched
    for name in UNAUDITED:
        monkeypatch.setattr(os, name, _audited(name))
    monkeypatch.setattr(sqlite3, "connect", _traced(sqlite3.connect))
    _watched = (threading.get_ident(), {})
    try:
        yield _watched[1]
    finally:
        _watched = None


def blocking(found: Places) -> str:
    """What the app's own lines did, a line each; blank where nothing blocked."""
    new = {place: events for place, events in found.items() if place.startswith("tui/")}
    return "\n".join(
        f"on the event loop's thread: {place}: {', '.join(sorted(events))}" for place, events in sorted(new.items())
    )


def _traced(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """Queries raise no audit event either, and a connection may be made in one thread and used in another."""

    def traced(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)
        connection.set_trace_callback(lambda statement: _found("query"))
        return connection

    return traced


def _audited(name: str) -> Callable[..., Any]:
    original = getattr(os, name)

    def call(*arguments: Any, **named: Any) -> Any:
        _found(f"os.{name}")
        return original(*arguments, **named)

    return call
