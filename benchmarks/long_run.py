"""What watching a long live run costs: keys, processor, memory and bytes of the Train pane.

python -m benchmarks.long_run [--steps 200000] [--keys 60] [--rate 20] [--json FILE]

A run of so many steps is written as the training job writes it, and goes on at so many steps a second while the app
shows it in a real pty. A key is `v`, which shows the next chart: measured from writing it to reading the chart's title.
"""

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

import psutil
from tests.tui.terminal import Terminal

from bddseg_tui.core.demo.generate import generate
from bddseg_tui.core.jobs.events import EventWriter
from bddseg_tui.core.jobs.job import Status, write_status
from bddseg_tui.core.processes.process import this_process
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import compile_packages, publish, summary

EPOCH = 1_000
TITLES = ("mIoU", "class IoU", "learning rate", "images/s", "memory MiB", "loss")
AMBIGUOUS = ("images/s",)
"""Titles that the summary above the chart could be taken for."""


class LiveRun:
    """A run whose events this process writes."""

    def __init__(self, run: Run, total: int) -> None:
        self.run, self.total, self.step = run, total, 0
        self._events = EventWriter(run.events)
        self._events.write("start", step=0, epoch=0)
        self._end = threading.Event()

    def write(self, count: int) -> None:
        """Writes so many steps, with the epochs that end among them."""
        for _ in range(count):
            self.step += 1
            s, epoch = self.step, (self.step - 1) // EPOCH + 1
            loss = 3 / (1 + s / 5_000) + (s * 7_919 % 101) / 300
            self._events.write(
                "step", step=s, epoch=epoch, loss=loss, lr=1e-3, images_per_s=21.5, memory_mib=5_000.1, gpu_percent=None
            )
            if s % EPOCH == 0:
                self._write_epoch(epoch)

    def _write_epoch(self, epoch: int) -> None:
        score = 0.7 - 1 / (epoch + 2)
        rows = [
            {"id": i, "name": str(i), "iou": score, "precision": score, "recall": score, "percentage": 5.0}
            for i in range(20)
        ]
        figures = {"train_loss": 1.0, "val_loss": 1.2, "seconds": 3.0, "pixel_accuracy": 0.9, "classes": rows}
        self._events.write("epoch", epoch=epoch, step=self.step, miou19=score, miou20=score, **figures)

    def tell(self) -> None:
        """Writes the status as a live job does."""
        facts = {"seconds_left": 60.0, "device": "cpu", "precision": "fp32"}
        status = Status(
            state="running",
            phase="train",
            done=self.step,
            total=self.total,
            message="",
            process=this_process(),
            heartbeat=time.time(),
            facts=facts,
        )
        write_status(self.run.folder, status, durable=False)

    def go_on(self, rate: float) -> threading.Thread:
        """Writes on until `end`, twice a second told in the status as a job does."""

        def work() -> None:
            told = 0.0
            while not self._end.wait(1 / rate):
                self.write(1)
                if time.monotonic() - told > 0.5:
                    told = time.monotonic()
                    self.tell()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def end(self) -> None:
        """Lets the thread of `go_on` end."""
        self._end.set()


def watch(terminal: Terminal, seconds: float) -> int:
    """Reads for a while; returns how many bytes came."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        count += len(terminal.read(0.02))
    return count


def press(terminal: Terminal, title: str) -> float:
    """Seconds from `v` to the title of the next chart."""
    started = time.perf_counter()
    terminal.send(b"v")
    seen = b""
    while f" {title}  ".encode() not in seen:
        seen += terminal.read(0.002)
        if time.perf_counter() - started > 20:
            raise SystemExit(f"no chart of {title} within 20 s")
    return time.perf_counter() - started


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compile_packages()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BDDSEG_WORKSPACE"] = folder
        generate(Path(folder) / "data", {"train": 4, "val": 2, "test": 1}, (128, 72), seed=1, workers=1)
        config = build_config("demo", [])
        live = LiveRun(create_run(Workspace(Path(folder)), Path(folder) / "data", config, "demo"), 2 * arguments.steps)
        live.write(arguments.steps)
        live.tell()
        with Terminal.app(Path(folder) / "data", "--images", "none", size=(160, 45)) as terminal:
            terminal.until(lambda seen: b"labelled" in seen or b"train" in seen)
            watch(terminal, 2)
            app = psutil.Process(terminal.process.pid)
            before = app.memory_info().rss
            started = time.perf_counter()
            terminal.send(b"2")
            last = f"epoch {arguments.steps // EPOCH}: ".encode()
            terminal.until(lambda seen: last in seen, 120)
            opened = time.perf_counter() - started
            live.go_on(arguments.rate)
            watch(terminal, 2)
            used, from_ = sum(app.cpu_times()[:2]), time.perf_counter()
            sent = watch(terminal, 10)
            share = (sum(app.cpu_times()[:2]) - used) / (time.perf_counter() - from_)
            times = []
            for number in range(arguments.keys):
                watch(terminal, 0.13)
                title = TITLES[number % len(TITLES)]
                seconds = press(terminal, title)
                if title not in AMBIGUOUS:
                    times.append(seconds)
            rss = app.memory_info().rss
            live.end()
    found = summary(times)
    facts = {
        "key, p95 ms": 1e3 * found["p95"],
        "key, median ms": 1e3 * found["median"],
        "all read after s": opened,
        "processor, % of a core": 100 * share,
        "memory above the Dataset pane, MiB": (rss - before) / 2**20,
        "bytes a second to the terminal": sent / 10,
    }
    rows = [("", ""), *((name, f"{value:,.1f}") for name, value in facts.items())]
    publish(
        f"a live run of {arguments.steps:,} steps in the Train pane, 160x45", rows, {"figures": facts}, arguments.json
    )


if __name__ == "__main__":
    main()
