"""Reading histories off the disk while runs go on: a part at a time, never two at once, and none kept for ever."""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Lock

from bddseg_tui.core.jobs.events import RESTARTS, EventTail, read_events
from bddseg_tui.core.jobs.run_events import Event
from bddseg_tui.core.runs.history import History, HistoryBuilder

PART = 4_000
"""Events that are read at once: some 50 ms of work."""
KEPT = 4
"""Histories that are kept, of the runs that were asked for last."""


class HistoryReader:
    """Follows the events of one run. Any thread may read; reads go one after another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._begin()

    def read(self, most: int = PART) -> tuple[History, bool]:
        """Takes in at most so many new events; returns the history so far, and whether there are more to read.

        Where nothing is new, it is the very value of the time before.
        """
        with self._lock:
            return self._read(most)

    def read_all(self) -> History:
        """The history with all that is in the file."""
        while True:
            history, more = self.read()
            if not more:
                return history

    def _begin(self) -> None:
        self._tail = EventTail(self._path)
        self._events: Iterator[Event] = self._tail.stream()
        self._began = 0
        self._again = False
        self._met: tuple[int, ...] = ()
        self._builder = HistoryBuilder()
        self._history = History()

    def _read(self, most: int) -> tuple[History, bool]:
        count = 0
        for event in islice(self._events, most):
            count += 1
            if self._began != self._tail.began:
                # The first look, or another file has taken the place of the one that was followed.
                self._began, self._builder = self._tail.began, HistoryBuilder(self._known_restarts())
            if not self._builder.add(event):
                # The run was resumed while it was watched. What was shown stays until all is read again.
                shown, met = self._history, tuple(self._builder.restarts)
                self._begin()
                self._history, self._again, self._met = shown, True, met
                return shown, True
        more = count == most
        if not more:
            self._events = self._tail.stream()
        new = count or self._tail.left_out != self._history.left_out
        if new and not (more and self._again):
            self._history, self._again = self._builder.history(self._tail.left_out), False
        return self._history, more

    def _known_restarts(self) -> tuple[int, ...]:
        """The steps of all restarts: those that were met when it was read before, or else those that a search finds."""
        met, self._met = self._met, ()
        found = () if met else read_events(self._path, RESTARTS)
        return met or tuple(e.get("step", 0) for e in found if e["kind"] == "start" or e["kind"] == "resume")


class Histories:
    """Reads the histories of the runs that are looked at; keeps those of a few more, and forgets the others."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = Lock()
        self._readers: OrderedDict[Path, HistoryReader] = OrderedDict()
        self._found: dict[Path, History] = {}

    def read(self, paths: tuple[Path, ...]) -> tuple[dict[Path, History], bool]:
        """Reads on in these event files. Returns what is known of them and of some others, and whether there is more
        to read in these.
        """
        with self._lock:
            behind = False
            for path in paths:
                reader = self._readers.setdefault(path, HistoryReader(path))
                self._readers.move_to_end(path)
                self._found[path], more = reader.read()
                behind |= more
            while len(self._readers) > max(self._kept, len(paths)):
                forgotten, _ = self._readers.popitem(last=False)
                del self._found[forgotten]
            return dict(self._found), behind
