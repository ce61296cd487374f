"""How much of what was written a terminal has not shown yet.

Over SSH the kernel's queue (TIOCOUTQ) says nothing: sshd takes all that it is given, up to megabytes. So a status query
(DSR, `CSI 5 n`) goes out behind what is written; the terminal answers it when it has come that far. A terminal that
never answers is taken to be at the end of a line of 1 Mbit/s.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

FENCE = "\x1b[5n"
FENCE_ANSWER = "\x1b[0n"
FENCE_EVERY = 8_000
"""Bytes. An answer takes 4, and a line has two directions."""
ASSUMED_RATE = 125_000
"""Bytes a second, where nothing answers."""
PATIENCE_S = 10.0
"""For an answer of a terminal that has answered before."""


class Backlog:
    """Counts what is written, and what has been answered. Any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._written = self._taken = self._fenced = 0
        self._fences: deque[tuple[int, float, int]] = deque()
        self._took: list[tuple[int, float]] = []
        self._answers = False
        self._assumed, self._assumed_at = 0.0, clock()

    def wrote(self, count: int) -> bool:
        """Called with the bytes that were written; says whether a fence has to follow them."""
        with self._lock:
            now = self._clock()
            self._assumed, self._assumed_at = self._assumed_left(now) + count, now
            self._written += count
            if self._written - self._fenced < FENCE_EVERY:
                return False
            self._fenced = self._written
            self._fences.append((self._written, now, self._written - self._taken))
            return True

    def fence(self) -> None:
        """Called when a fence is written whatever was written before it."""
        with self._lock:
            self._fenced = self._written
            self._fences.append((self._written, self._clock(), self._written - self._taken))

    def answered(self) -> None:
        """Called when the terminal has come to the next fence."""
        with self._lock:
            self._answers = True
            if self._fences:
                self._taken, since, count = self._fences.popleft()
                self._took.append((count, self._clock() - since))

    def took(self) -> list[tuple[int, float]]:
        """What was answered since the last call: bytes that were under way, and seconds until they were shown."""
        with self._lock:
            found, self._took = self._took, []
            return found

    @property
    def bytes(self) -> int:
        """What is under way, or waits somewhere."""
        with self._lock:
            now = self._clock()
            if self._fences and now - self._fences[0][1] > PATIENCE_S:
                # It answers no more: something else has taken its place, or has eaten the answer.
                self._answers = False
                self._fences.clear()
            if self._answers:
                # Behind the last answer there may be less than another fence's worth; it counts as arrived.
                return self._written - self._taken if self._fences else 0
            return round(self._assumed_left(now))

    @property
    def answers(self) -> int:
        """How many answers are still to come, of a terminal that gives them."""
        with self._lock:
            return len(self._fences) if self._answers else 0

    def _assumed_left(self, now: float) -> float:
        return max(0.0, self._assumed - (now - self._assumed_at) * ASSUMED_RATE)
