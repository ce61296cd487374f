"""The kinds of process that `benchmarks.soak` kills: how each is started and gone on with, and what it must come to."""

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.tui.terminal import Terminal

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.jobs.events import read_events, rewind
from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run

TINY = ["encoder=mobilenet_v2", "height=32", "width=64", "batch_size=4", "epochs=2", "checkpoint_minutes=1e-9"]
TINY += ["threads=1", "device=cpu", "precision=fp32"]
ENDS_S = 30.0


class Victim:
    """A kind of process. Its methods are called by one thread at a time, start - reap - fault again and again."""

    kind: str
    length = 1.0

    def start(self) -> int:
        """Starts it, or goes on with what a killed one left; returns its process id."""
        raise NotImplementedError

    def runs(self) -> bool:
        """Whether it lives."""
        raise NotImplementedError

    def reap(self) -> None:
        """Waits for what was killed or has ended."""

    def fault(self) -> str:
        """What is wrong with what it left; '' for nothing."""
        return ""

    def finish(self) -> str:
        """Goes on to the end and compares; returns what differs."""
        return ""

    def reset(self) -> None:
        """Begins anew."""

    def measure(self) -> None:
        """Does the work once, undisturbed: how long that takes, and what comes of it."""
        began = time.monotonic()
        self.finish()
        self.length = time.monotonic() - began
        self.reset()


@dataclass
class Job(Victim):
    """A job of a workspace: its folder is locked while it lives, and its status tells its process."""

    kind: str
    engine: Engine
    begin: Callable[[], Path]
    result: Callable[[], object]
    clear: Callable[[], object]
    folder: Path | None = None
    wanted: object = None

    def start(self) -> int:
        """Starts it, or goes on; returns its process id."""
        self.folder = self.begin()
        process = read_status(self.folder).process
        return process.pid if process else 0

    def runs(self) -> bool:
        """Whether it lives."""
        return self.folder is not None and read_status(self.folder).live

    def fault(self) -> str:
        """What is wrong with what it left; '' for nothing."""
        assert self.folder
        deadline = time.monotonic() + ENDS_S
        while (status := read_status(self.folder)).live:
            if time.monotonic() > deadline:
                return f"it seems to live still: {status}"
            time.sleep(0.02)
        if status.state == "failed":
            return f"it failed: {status.message}"
        if status.state == "finished":
            return self._compare()
        self.engine.runs.jobs(ended=True)
        self.engine.analysis.list_evaluations()
        return ""

    def finish(self) -> str:
        """Goes on to the end and compares; returns what differs."""
        self.start()
        assert self.folder
        status = self.engine.runs.wait(self.folder)
        if status.state != "finished":
            return f"it ended as {status.state}: {status.message}"
        return self._compare()

    def _compare(self) -> str:
        found = self.result()
        if self.wanted is None:
            self.wanted = found
        return "" if found == self.wanted else "its result differs from the unbroken one's"

    def reset(self) -> None:
        """Deletes what it made, to begin anew."""
        self.clear()
        self.folder = None


class Fit(Job):
    """Training: resumed until it has finished, then made anew."""

    run: Run | None = None

    def resume(self) -> Path:
        """Goes on with the run, or starts another; returns its folder."""
        if self.run is None or self.run.status.state == "finished":
            self.forget()
            self.run = self.engine.runs.train(self.data, build_config("demo", TINY), "demo")
        else:
            self.engine.runs.resume(self.run)
        return self.run.folder

    def figures(self) -> object:
        """What the finished run has measured."""
        assert self.run
        return training_figures(self.run)

    def forget(self) -> None:
        """Deletes the run."""
        if self.run is not None and self.run.folder.exists():
            self.engine.runs.delete(self.run)
        self.run = None

    def __init__(self, engine: Engine, data: Path, wanted: object) -> None:
        super().__init__("fit", engine, self.resume, self.figures, self.forget)
        self.data, self.wanted = data, wanted


@dataclass
class Command(Victim):
    """A process without a folder of its own; `check` looks at what it leaves."""

    kind: str
    words: Callable[[], list[str]]
    check: Callable[[bool], str]
    clear: Callable[[], object]
    env: dict[str, str]
    feed: bytes = b""
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> int:
        """Starts it, or goes on; returns its process id."""
        pipe = subprocess.PIPE if self.feed else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [sys.executable, *self.words()],
            stdin=pipe,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **self.env},
            start_new_session=True,
        )
        if self.feed and self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.write(self.feed)
                self.process.stdin.flush()
        return self.process.pid

    def runs(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None

    def reap(self) -> None:
        """Waits until the process is gone."""
        if self.process is not None:
            if self.process.stdin:
                with contextlib.suppress(OSError):
                    self.process.stdin.close()
            self.process.wait(ENDS_S)

    def fault(self) -> str:
        """What is wrong with what it left; '' for nothing."""
        return self.check(False)

    def finish(self) -> str:
        """Goes on to the end and compares; returns what differs."""
        self.start()
        self.reap()
        assert self.process
        if self.process.returncode:
            return f"it ended with {self.process.returncode}"
        return self.check(True)

    def reset(self) -> None:
        """Deletes what it made, to begin anew."""
        self.clear()


class App(Victim):
    """The app in a terminal; keys are sent to it while it lives."""

    kind, length = "app", 4.0

    def __init__(self, data: Path, check: Callable[[bool], str]) -> None:
        self._data, self._check = data, check
        self._terminal: Terminal | None = None

    def start(self) -> int:
        """Starts it, or goes on; returns its process id."""
        self._terminal = Terminal.app(self._data)
        return self._terminal.process.pid

    def runs(self) -> bool:
        """Whether it lives."""
        assert self._terminal
        with contextlib.suppress(OSError):
            self._terminal.read(0.0)
            self._terminal.send(b"j")
        return self._terminal.process.poll() is None

    def reap(self) -> None:
        """Waits until the process is gone."""
        assert self._terminal
        self._terminal.close()
        self._terminal.process.wait(ENDS_S)

    def fault(self) -> str:
        """What is wrong with what it left; '' for nothing."""
        return self._check(False)

    def measure(self) -> None:
        """It has no end of its own."""


class Retriever(Command):
    """It has nothing to finish: what it knows is in the index."""

    def finish(self) -> str:
        """Goes on to the end and compares; returns what differs."""
        return ""

    def measure(self) -> None:
        """Its length is known: it never ends by itself."""
        self.length = 6.0


def training_figures(run: Run) -> object:
    """Losses, epochs and the bytes of the last model."""
    events = rewind(read_events(run.events))
    losses = [(e["step"], e["loss"]) for e in events if e["kind"] == "step"]
    epochs = [(e["epoch"], e["train_loss"], e["val_loss"], e.get("miou19")) for e in events if e["kind"] == "epoch"]
    return losses, epochs, digest(run.folder / "checkpoints/last/model.safetensors")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
