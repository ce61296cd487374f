"""How many keys a person needs for what is done every day, from a fresh start of the app in a pty.

python -m benchmarks.tasks DATASET [--only NAME ...] [--json FILE]

Each task is a list of keys; what it is to reach is looked for on the screen, which pyte makes of the bytes, and in the
workspace. DATASET is laid out as BDD100K, with masks. Two short runs are trained and evaluated first.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyte
from tests.tui.terminal import Terminal

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.processes.process import kill
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import publish

SIZE = (160, 45)
LIMIT_S = 60.0
QUIET_S = 0.4
"""A key is pressed when nothing has come for so long: a person looks first."""
NAMES = {
    "enter": b"\r",
    "tab": b"\t",
    "esc": b"\x1b",
    "space": b" ",
    "^s": b"\x13",
    "^u": b"\x15",
    "^r": b"\x12",
    "down": b"\x1b[B",
}


class Screen:
    """What a person sees of a program in a pty."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)
        self._fed = 0

    @property
    def text(self) -> str:
        """The screen's lines."""
        return "\n".join(self._screen.display)

    def look(self) -> bool:
        """Reads what has come; whether anything has."""
        self._terminal.read(0.02)
        fresh = bytes(self._terminal.output[self._fed :])
        self._fed += len(fresh)
        self._stream.feed(fresh)
        return bool(fresh)

    def until(self, seen: Callable[[], object], what: str) -> None:
        """Reads until something is so.

        Raises:
            TimeoutError: it was not within a minute; the message has the screen.
        """
        deadline = time.monotonic() + LIMIT_S
        while not seen():
            self.look()
            if time.monotonic() > deadline:
                raise TimeoutError(f"not seen: {what}\n{self.text}")

    def settle(self) -> None:
        """Reads until nothing comes."""
        last = time.monotonic()
        while time.monotonic() - last < QUIET_S:
            if self.look():
                last = time.monotonic()

    def press(self, key: str) -> None:
        """Presses a key."""
        self.settle()
        self._terminal.send(NAMES.get(key, key.encode()))


@dataclass(frozen=True)
class World:
    """What tasks are done in."""

    engine: Engine
    collection: Collection
    screen: Screen


@dataclass(frozen=True)
class Task:
    """A task: its keys, in steps that end when something is so.

    Attributes:
        name: what is to be done.
        most: the keys that it may take.
        steps: keys with spaces between them, and what has to be so before the next are pressed.
    """

    name: str
    most: int
    steps: tuple[tuple[str, Callable[[World], object]], ...]

    @property
    def keys(self) -> list[str]:
        """Every key that is pressed."""
        return [key for keys, _ in self.steps for key in keys.split()]


def listed_first(world: World, query: str) -> bool:
    """Whether the list begins with the image that this filter finds first."""
    return world.engine.data.find(world.collection, query)[0].name in "\n".join(world.screen.text.splitlines()[2:5])


def newest_run_is(world: World, *states: str) -> bool:
    """Whether the run that was started last is in one of these states."""
    runs = world.engine.runs.list_runs()
    return len(runs) > RUNS_BEFORE and max(runs, key=lambda run: run.name).status.state in states


def has_tag(world: World, tag: str) -> int:
    """How many images have a tag."""
    return len(world.engine.data.find(world.collection, f"tag:{tag}"))


def worst_image(world: World) -> str:
    """The name of the worst image of the class that the newest evaluation has the lowest IoU of."""
    evaluation = world.engine.analysis.evaluations()[0]
    worst = min((c for c in evaluation.classes if c.iou is not None), key=lambda c: (c.iou, c.id))
    return world.engine.analysis.class_images(evaluation, worst.id)[0][0].name


RUNS_BEFORE = 2
RIDERS = "split:val sort:-rider"
TASKS = (
    Task(
        "riders in val, sorted by their share",
        22,
        (("tab tab s r i d enter", lambda w: "rider" in w.screen.text and listed_first(w, RIDERS)),),
    ),
    Task(
        "learning rate changed, started, stopped, resumed",
        20,
        (
            ("2 n", lambda w: "learning_rate" in w.screen.text),
            ("^r / l e a r enter ^u 1 e - 3 ^s", lambda w: newest_run_is(w, "running")),
            ("s", lambda w: newest_run_is(w, "stopped")),
            ("r", lambda w: newest_run_is(w, "running")),
        ),
    ),
    Task(
        "the worst image of the worst class, its prediction beside it",
        6,
        (("3 s enter enter", lambda w: "predicted:" in w.screen.text and f"px   {worst_image(w)}" in w.screen.text),),
    ),
    Task("two runs compared", 4, (("3 c enter", lambda w: "◆" in w.screen.text and "Δ IoU" in w.screen.text),)),
    Task(
        "all that a filter leaves is tagged",
        8,
        (("tab tab a t o d d enter", lambda w: has_tag(w, "odd") == w.collection.catalog.splits()["val"]),),
    ),
    Task(
        "zoomed onto a traffic light by its name",
        6,
        (("c l i enter j z", lambda w: "actual traffic light" in w.screen.text),),
    ),
)


def prepare(engine: Engine, dataset: Path) -> None:
    """Two short runs with their evaluations."""
    small = ["height=64", "width=128", "epochs=1", "batch_size=4", "train_limit=16", "val_limit=8", "threads=1"]
    for seed in range(RUNS_BEFORE):
        run = engine.runs.train(dataset, build_config("demo", [*small, f"seed={seed}"]), "demo")
        status = engine.runs.wait(run.folder)
        assert status.state == "finished", status.message
        engine.runs.wait(engine.runs.evaluate(run, split="val", checkpoint="best"))


def do(task: Task, dataset: Path, engine: Engine, collection: Collection) -> float:
    """Does a task in a fresh app; the seconds that it took."""
    program = str(Path(sys.executable).with_name("bddseg-tui"))
    with Terminal([program, "open", str(dataset), "--images", "quadrant"], SIZE) as terminal:
        world = World(engine, collection, Screen(terminal))
        first = engine.data.find(collection, "")[0].name
        world.screen.until(lambda: first in world.screen.text, first)
        started = time.monotonic()
        for keys, reached in task.steps:
            for key in keys.split():
                world.screen.press(key)
            world.screen.until(lambda reached=reached: reached(world), f"{task.name}, after {keys}")  # type: ignore[misc]
        return time.monotonic() - started


def main() -> None:
    """Reads the command line, does the tasks, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="words of the tasks' names")
    parser.add_argument("--workspace", type=Path, help="one that was prepared before")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    chosen = [t for t in TASKS if not arguments.only or any(word in t.name for word in arguments.only)]
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        workspace = arguments.workspace or Path(folder)
        os.environ["BDDSEG_WORKSPACE"] = str(workspace)
        engine = Engine(Workspace(workspace))
        collection = engine.data.open(arguments.dataset)
        engine.data.scan(collection, lambda done, total: None)
        if len(engine.runs.list_runs()) < RUNS_BEFORE:
            prepare(engine, arguments.dataset)
        try:
            for task in chosen:
                seconds = do(task, arguments.dataset, engine, collection)
                found[task.name] = {"keys": len(task.keys), "most": task.most, "seconds": seconds}
                print(f"{task.name}: {len(task.keys)} keys", flush=True)
        finally:
            for run in engine.runs.list_runs():
                if run.status.live and run.status.process:
                    kill(run.status.process)
    rows: list[tuple[str, ...]] = [("task", "keys", "at most", "which")]
    rows += [(t.name, str(len(t.keys)), str(t.most), " ".join(t.keys)) for t in chosen]
    publish(f"tasks from a fresh start, {SIZE[0]}x{SIZE[1]}", rows, {"tasks": found}, arguments.json)


if __name__ == "__main__":
    main()
