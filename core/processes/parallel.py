"""Work spread over all cores, with a bounded number of tasks in flight.

`ProcessPoolExecutor.map` submits everything at once, which for a hundred thousand files costs memory and makes
an interruption wait; `multiprocessing.Pool` hangs when a worker is killed.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from typing import TypeVar

from bddseg_tui.core.processes.parent import end_with_pool

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Cores that this process may use (a container or taskset may leave it fewer than the machine has)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def map_unordered(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None, chunk: int = 16
) -> Iterator[Result]:
    """Yields `function(item)` for every item as results arrive, in no order; function and items must pickle.

    Raises:
        BrokenProcessPool: a worker died, for example for lack of memory.
    """
    workers = workers or cores()
    source = iter(items)
    chunks = iter(partial(_take, source, chunk), [])
    if workers == 1:
        for some in chunks:
            yield from _run_chunk(function, some)
        return
    _start_resource_tracker()
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=start_worker)
    try:
        running: set[Future[list[Result]]] = set()
        for some in chunks:
            running.add(pool.submit(_run_chunk, function, some))
            if len(running) >= 3 * workers:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_workers() -> None:
    """Ends every worker of this process at once; `map_unordered` raises BrokenProcessPool where one was at work."""
    for worker in multiprocessing.active_children():
        worker.terminate()


def _take(source: Iterator[Item], count: int) -> list[Item]:
    return list(islice(source, count))


def _start_resource_tracker() -> None:
    """Starts multiprocessing's helper process with a real stderr.

    It inherits `sys.stderr.fileno()`, and within an app Textual's stand-in answers -1, which ends in a ValueError.
    """
    captured, sys.stderr = sys.stderr, sys.__stderr__
    try:
        resource_tracker.ensure_running()
    finally:
        sys.stderr = captured


def _run_chunk(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def start_worker() -> None:
    """What a process of a pool does first: it is left alone by Ctrl+C, ends with the pool's owner, and is polite."""
    # Ctrl+C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Else a worker waits for work for ever when its parent is killed: its fellows hold the other end of the queue.
    end_with_pool()
    os.nice(5)
