"""Ending with the process that started this one, however that one ends.

A pipe whose other end only the parent holds says so on every system; prctl(PR_SET_PDEATHSIG) is Linux's alone, and goes
by the thread that started the process, not by the process.
"""

import os
import stat
import threading
from multiprocessing import parent_process
from multiprocessing.connection import wait

from bddseg_tui.core.processes.group import end_group


def end_with_starter() -> None:
    """Ends this process and its group when its standard input, a pipe from who started it, is closed.

    Nothing happens where standard input is no pipe: it was started by hand.
    """
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=_wait_for_end_of_input, name="starter", daemon=True).start()


def end_with_pool() -> None:
    """Ends this process, a worker of `multiprocessing`, when the one that made the pool is gone."""
    if (parent := parent_process()) is not None:
        threading.Thread(target=_wait_for_sentinel, args=(parent.sentinel,), name="pool", daemon=True).start()


def _wait_for_end_of_input() -> None:
    while os.read(0, 4096):
        pass
    if os.getpgrp() == os.getpid():
        end_group(os.getpid())
    os._exit(1)


def _wait_for_sentinel(sentinel: int) -> None:
    wait([sentinel])
    # Whatever this worker is doing, nobody wants it any more.
    os._exit(1)
