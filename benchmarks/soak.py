"""Kills every kind of process at random moments, goes on, and compares bytes with what was never disturbed.

python -m benchmarks.soak [--minutes 5] [--kills 100000] [--seed 0] [--parallel 2] [--json FILE]

It ends after so many minutes or kills, whichever comes first. What is killed and when is drawn from the seed; what a
process was doing then is up to the machine. A fault is a job that still seems to live, a process that stays, work that
cannot be gone on with, or a result that differs in one byte. The exit code is 1 if there was any.
"""

import argparse
import contextlib
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from bddseg_tui.core.errors import BddsegError
from benchmarks.report import publish
from benchmarks.soak_processes import Victim
from benchmarks.soak_victims import prepare

GONE_S = 20.0
"""After so long nothing of a killed process may be left."""
WEIGHTS = {"scan": 6, "tag": 6, "app": 3, "retriever": 2}
"""How often a kind is drawn, where it is not 1: those without torch take less time."""


class Counts:
    """What happened, by kind of process; threads count through `add`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_kind: dict[str, Counter[str]] = {}
        self.faults: list[str] = []

    def add(self, kind: str, what: str, fault: str = "") -> None:
        """Counts one event of a kind of process, and prints the fault if it is one."""
        with self._lock:
            self.by_kind.setdefault(kind, Counter())[what] += 1
            if fault:
                self.faults.append(f"{kind}: {fault}")
                print(f"FAULT {kind}: {fault}", flush=True)

    def kills(self) -> int:
        """How many processes were killed."""
        with self._lock:
            return sum(c["killed"] for c in self.by_kind.values())


def attack(victim: Victim, delay: float, counts: Counts) -> None:
    """Starts a process, kills it after `delay` seconds, and looks at what it left; or compares what it finished."""
    try:
        pid = victim.start()
    except (BddsegError, OSError) as error:
        counts.add(victim.kind, "refused", f"cannot be started: {error}")
        victim.reset()
        return
    family = _family(pid)
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline and victim.runs():
        time.sleep(0.01)
    if victim.runs():
        family |= _family(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        counts.add(victim.kind, "killed")
    else:
        counts.add(victim.kind, "ended before")
    victim.reap()
    if left := _left(family):
        counts.add(victim.kind, "orphans", f"left {', '.join(left)}")
    if fault := victim.fault():
        counts.add(victim.kind, "faults", fault)
        victim.reset()


def finish(victim: Victim, counts: Counts) -> None:
    """Lets the work go on to its end and compares what it made."""
    try:
        fault = victim.finish()
    except (BddsegError, OSError, AssertionError) as error:
        fault = f"cannot be gone on with: {type(error).__name__}: {error}"
    counts.add(victim.kind, "compared")
    if fault:
        counts.add(victim.kind, "faults", fault)
    victim.reset()


def _family(pid: int) -> set[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return {process, *process.children(recursive=True)}
    except psutil.Error:
        return set()


def _left(family: set[psutil.Process]) -> list[str]:
    """Processes that are still there some time after."""
    _, alive = psutil.wait_procs(list(family), timeout=GONE_S)
    found = []
    for process in alive:
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} ({' '.join(process.cmdline())[:120]})")
    return found


def work(
    victims: list[Victim], locks: dict[str, threading.Lock], seed: str, until: float, kills: int, counts: Counts
) -> None:
    """Kills one after another; each kind is one thread's at a time."""
    rng = random.Random(seed)
    while time.monotonic() < until and counts.kills() < kills:
        victim = rng.choices(victims, [WEIGHTS.get(v.kind, 1) for v in victims])[0]
        delay, last = rng.uniform(0, 1.05 * victim.length), rng.random() < 0.1
        if locks[victim.kind].acquire(blocking=False):
            try:
                attack(victim, delay, counts)
                if last:
                    finish(victim, counts)
            finally:
                locks[victim.kind].release()


def main() -> int:
    """Runs it; prints the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--kills", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    counts = Counts()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        print("preparing: an unbroken run and what is made of it", flush=True)
        victims = prepare(Path(folder))
        print("; ".join(f"{v.kind} {v.length:.1f} s" for v in victims), flush=True)
        locks = {v.kind: threading.Lock() for v in victims}
        began = time.monotonic()
        with ThreadPoolExecutor(options.parallel) as pool:
            jobs = [
                pool.submit(
                    work, victims, locks, f"{options.seed}-{n}", began + 60 * options.minutes, options.kills, counts
                )
                for n in range(options.parallel)
            ]
        for job in jobs:
            job.result()
        for victim in victims:
            finish(victim, counts)
        seconds = time.monotonic() - began
    heads = ("killed", "ended before", "compared", "refused", "orphans", "faults")
    kinds = [v.kind for v in victims]
    table = [(k, *(str(counts.by_kind.get(k, Counter())[h]) for h in heads)) for k in kinds]
    totals = [sum(counts.by_kind.get(k, Counter())[h] for k in kinds) for h in heads]
    facts = {"seconds": seconds, "seed": options.seed, "faults": counts.faults, "counts": counts.by_kind}
    title = f"soak, seed {options.seed}, {seconds / 60:.1f} min"
    publish(title, [("process", *heads), *table, ("all", *map(str, totals))], facts, options.json)
    for line in counts.faults:
        print(line)
    return 1 if counts.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
