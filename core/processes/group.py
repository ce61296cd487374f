"""Ending a process with all that it started."""

import os
import signal
from contextlib import suppress


def end_group(leader: int) -> None:
    """Ends a process and all that it started in its group.

    SIGTERM, which none of ours handles there: multiprocessing's resource tracker ignores it, and takes away the
    semaphores that the others leave. The process itself ends even if it was halted.
    """
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        os.kill(leader, signal.SIGKILL)
