"""What `benchmarks.soak` kills: each kind of process, how it is started and gone on with, and what it must come to."""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.tui.terminal import Terminal

from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.demo.generate import generate
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.jobs.events import read_events, rewind
from bddseg_tui.core.jobs.job import read_status
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.services.retrieval import service_of
from bddseg_tui.core.workspace.workspace import Workspace

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


def prepare(root: Path) -> list[Victim]:
    """A dataset, an unbroken run and every victim, each measured."""
    data, workspace = root / "data", Workspace(root / "workspace")
    os.environ["BDDSEG_WORKSPACE"] = str(workspace.root)
    generate(data, {"train": 12, "val": 6, "test": 3}, (128, 72), seed=7, workers=1)
    engine = Engine(workspace)
    run = engine.runs.train(data, build_config("demo", TINY), "demo")
    status = engine.runs.wait(run.folder)
    if status.state != "finished":
        raise SystemExit(f"the unbroken run ended as {status.state}: {status.message}")
    out, to, service = root / "out", root / "exported", service_of(workspace)
    index = engine.retrieval.index_folder(data)

    def drop(*folders: Path) -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    evaluated = run.folder / "evaluation/best-val"
    victims: list[Victim] = [
        Fit(engine, data, training_figures(run)),
        Job(
            "evaluate",
            engine,
            lambda: engine.runs.evaluate(run),
            lambda: _evaluation(evaluated),
            lambda: drop(evaluated),
        ),
        Job(
            "predict", engine, lambda: engine.runs.predict(run, out), lambda: _hashes(out / "masks"), lambda: drop(out)
        ),
        Job("export", engine, lambda: engine.runs.export(run, "smp", to), lambda: _hashes(to), lambda: drop(to)),
        Job("index", engine, lambda: service.build(data), lambda: _vectors(index), lambda: drop(index)),
        *_small(engine, data, index),
    ]
    for victim in victims:
        victim.measure()
    return victims


def training_figures(run: Run) -> object:
    """Losses, epochs and the bytes of the last model."""
    events = rewind(read_events(run.events))
    losses = [(e["step"], e["loss"]) for e in events if e["kind"] == "step"]
    epochs = [(e["epoch"], e["train_loss"], e["val_loss"], e.get("miou19")) for e in events if e["kind"] == "epoch"]
    return losses, epochs, _digest(run.folder / "checkpoints/last/model.safetensors")


def _small(engine: Engine, data: Path, index: Path) -> list[Victim]:
    """Those that work on the catalog, and the retriever."""
    copy = data.with_name("scanned")
    shutil.copytree(data, copy)
    collection, tagged = engine.data.open(copy), [0]
    engine.data.scan(collection, lambda done, total: None)
    catalog = collection.catalog.path
    collection.catalog.add_tag(collection.catalog.find(parse_query(""))[:5], "kept")
    totals = collection.catalog.class_totals()

    def forget_counts() -> None:
        # The times of the files change, so that all of them are scanned again.
        for image in (copy / "images").rglob("*.jpg"):
            os.utime(image)

    def scanned(whole: bool) -> str:
        try:
            if len(collection.catalog.find(parse_query("tag:kept"))) != 5:
                return "tags are lost"
            if whole and collection.catalog.class_totals() != totals:
                return "the counts differ"
        except (BddsegError, sqlite3.Error) as error:
            return f"the catalog cannot be read: {error}"
        return ""

    other = data.with_name("tagged")
    shutil.copytree(data, other)
    marked = engine.data.open(other)
    engine.data.scan(marked, lambda done, total: None)

    def tag_words() -> list[str]:
        tagged[0] += 1
        return [
            "-m",
            "bddseg_tui.tui",
            "data",
            "tag",
            str(other),
            f"t{tagged[0]}",
            "--filter",
            "split:val",
            "--no-scan",
        ]

    def tags(whole: bool) -> str:
        try:
            found = len(marked.catalog.find(parse_query(f"tag:t{tagged[0]}"))) if tagged[0] else 6
        except (BddsegError, sqlite3.Error) as error:
            return f"the catalog cannot be read: {error}"
        return "" if found == 6 or (found == 0 and not whole) else f"{found} of 6 are tagged"

    def untag() -> None:
        tagged[0] = tagged[0] + 1000

    request = {
        "id": 1,
        "do": "search",
        "setup": {
            "root": str(data),
            "index": str(index),
            "clip": "demo",
            "catalog": str(engine.data.open(data).catalog.path),
        },
        "text": "rain",
        "top": 3,
    }
    feed = (json.dumps(request) + "\n").encode()
    scan = Command(
        "scan", lambda: ["-P", "-m", "bddseg_tui.core.data.scan", str(copy), str(catalog)], scanned, forget_counts, {}
    )
    tag = Command("tag", tag_words, tags, untag, {})
    retriever = Retriever(
        "retriever", lambda: ["-P", "-m", "bddseg_tui.index", "retriever"], lambda _: "", lambda: None, {}, feed
    )
    return [scan, tag, retriever, App(other, tags)]


class Retriever(Command):
    """It has nothing to finish: what it knows is in the index."""

    def finish(self) -> str:
        """Goes on to the end and compares; returns what differs."""
        return ""

    def measure(self) -> None:
        """Its length is known: it never ends by itself."""
        self.length = 6.0


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hashes(folder: Path) -> object:
    return sorted((p.name, _digest(p)) for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))


def _evaluation(folder: Path) -> object:
    return _digest(folder / "result.json"), _hashes(folder / "predictions")


def _vectors(folder: Path) -> object:
    """Every image with its vector, whatever the order they were encoded in."""
    with contextlib.closing(sqlite3.connect(folder / "rows.sqlite")) as db:
        rows = db.execute("SELECT image, row FROM images ORDER BY image").fetchall()
        (name,) = db.execute("SELECT value FROM meta WHERE key = 'file'").fetchone()
        (dimension,) = db.execute("SELECT value FROM meta WHERE key = 'dimension'").fetchone()
    matrix = np.fromfile(folder / name, np.float32).reshape(-1, int(dimension))
    return [(image, matrix[row].round(4).tobytes()) for image, row in rows]
