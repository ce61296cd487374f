"""Threads that do what was asked for last before what was asked for earlier: what one looks at now comes first."""

import threading
from collections.abc import Callable

THREADS = 2


class NewestFirst:
    """They end when there is nothing to do, and nobody waits for them when the app is left."""

    def __init__(self, failed: Callable[[Exception], object], threads: int = THREADS) -> None:
        """Nothing is done yet.

        Args:
            failed: told in the thread what nobody foresaw; the thread goes on.
            threads: how many there are at most.
        """
        self._failed, self._most, self._running = failed, threads, 0
        self._waiting: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def add(self, work: Callable[[], None]) -> None:
        """Has a thread do some work, before all that waits."""
        with self._lock:
            self._waiting.append(work)
            if self._running == self._most:
                return
            self._running += 1
        threading.Thread(target=self._run, name="newest-first", daemon=True).start()

    def drop(self, work: Callable[[], None]) -> bool:
        """Gives up what was added; False where it has begun, or is done."""
        with self._lock:
            if work not in self._waiting:
                return False
            self._waiting.remove(work)
            return True

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running -= 1
                    return
                work = self._waiting.pop()
            try:
                work()
            except Exception as error:
                self._failed(error)
