"""What is done while the n-th write fails, for every n, and what has to be true after each failure.

    LD_PRELOAD=fail_nth_write.so FAIL_BELOW=FOLDER python -m tests.faults.workloads WORK FOLDER

prints how many calls of each kind were counted. All n are tried in one process: importing takes longer than they do.
"""

import ctypes
import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bddseg_tui.core.errors import BddsegError

KINDS = ("write", "sync", "rename", "open", "mkdir", "truncate")
FAULTS = ((errno.ENOSPC, True), (errno.EIO, False))
"""A disk that stays full from the n-th call on, and one call that fails by itself."""


@dataclass
class Disk:
    """The disk of this process, which can be made to fail."""

    preloaded: ctypes.CDLL = field(default_factory=lambda: ctypes.CDLL(None))
    fired: int = 0

    @contextmanager
    def failing(self, nth: int, code: int, lasting: bool) -> Iterator[None]:
        self.preloaded.arm(nth, code, int(lasting))
        try:
            yield
        finally:
            self.fired = self.preloaded.disarm()

    def calls(self) -> dict[str, int]:
        return {name: self.preloaded.calls(kind) for kind, name in enumerate(KINDS)}


def every_write(act: Callable[[int], None], check: Callable[[list[int], int], None], database: bool = False) -> None:
    """Does `act(number)` with each write failing in turn.

    Of a `database` the reason is not asked for: SQLite does not tell, and the disk that is asked is in order.

    `check(acknowledged, number)` is called after each with the disk whole again: what was acknowledged must be there,
    and of what was not nothing but, at most, what `number` did.
    """
    disk, number, acknowledged = Disk(), 0, list[int]()
    for code, lasting in FAULTS:
        nth, fired = 0, True
        while fired:
            nth, number, said = nth + 1, number + 1, ""
            try:
                with disk.failing(nth, code, lasting):
                    act(number)
                acknowledged.append(number)
            except BddsegError as error:
                said = str(error)
            fired = bool(disk.fired)
            assert fired or not said, said
            if said:
                true_line(said, code, database)
            check(acknowledged, number)
    print(json.dumps({**disk.calls(), "failures": number - len(acknowledged), "done": len(acknowledged)}))


def true_line(said: str, code: int, database: bool) -> None:
    """One line that says why, and blames a full disk for nothing else."""
    assert "\n" not in said, said
    assert "rrno" not in said, said
    assert "os error" not in said, said
    if code == errno.EIO:
        assert "make room" not in said, said
        assert database or "input/output error" in said, said
    else:
        assert database or "make room" in said, said


def tag(folder: Path) -> None:
    from bddseg_tui.core.data.filter_language import parse_query
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.workspace.workspace import Workspace

    engine = Engine(Workspace(folder / "workspace"))
    opened = engine.data.open(folder / "data")
    engine.data.scan(opened, lambda done, total: None)
    ids = list(opened.catalog.find(parse_query("")))

    def act(number: int) -> None:
        engine.data.open(folder / "data").catalog.add_tag(ids[:1], f"t{number}")

    def check(acknowledged: list[int], number: int) -> None:
        found = {int(name[1:]) for name in engine.data.open(folder / "data").catalog.tags()}
        assert set(acknowledged) <= found <= {*acknowledged, number}, (acknowledged, found)
        if number in found and number not in acknowledged:
            opened.catalog.remove_tag(ids[:1], f"t{number}")

    every_write(act, check, database=True)


def chat(folder: Path) -> None:
    from bddseg_tui.core.retrieval.chats import Chat, Turn
    from bddseg_tui.core.services.chats import ChatService
    from bddseg_tui.core.workspace.workspace import Workspace

    chats = ChatService(Workspace(folder / "workspace"))
    root, answer = Path("/data"), "yes" * 3000

    def begun(number: int) -> Chat:
        new = chats.new(root)
        return Chat(new.path.with_name(f"{number:05d}.jsonl"), new.dataset, new.created)

    def act(number: int) -> None:
        # The first turn writes the header too; the second is what is acknowledged here.
        chats.keep(chats.keep(begun(number), Turn(0, "first")), Turn(number, f"question {number}", answer=answer))

    def check(acknowledged: list[int], number: int) -> None:
        found = {t.number for c in chats.find(root) for t in c.turns if t.answer == answer}
        assert set(acknowledged) <= found <= {*acknowledged, number}, (acknowledged, found)
        if number in found and number not in acknowledged:
            acknowledged.append(number)
        # The chat goes on, header and all.
        chats.keep(begun(number), Turn(1_000_000, "later"))
        assert all(c.dataset == "/data" and c.turns[-1].question == "later" for c in chats.find(root))

    every_write(act, check)


def settings(folder: Path) -> None:
    from bddseg_tui.core.settings import load_settings, save_settings
    from bddseg_tui.core.workspace.workspace import Workspace

    workspace = Workspace(folder / "workspace")
    kept = [""]

    def act(number: int) -> None:
        save_settings(workspace, dataset=f"/data/{number}")

    def check(acknowledged: list[int], number: int) -> None:
        last = f"/data/{acknowledged[-1]}" if acknowledged else ""
        found = load_settings(workspace).dataset
        # The folder's sync comes after the rename: what it fails for is there, and is not said to be.
        assert found in ({last} if acknowledged[-1:] == [number] else {last, kept[0], f"/data/{number}"})
        kept[0] = found
        assert [p.name for p in workspace.root.glob("*")] in ([], ["settings.toml"])

    every_write(act, check)


def views(folder: Path) -> None:
    from bddseg_tui.core.data.filter_history import load_history, remember_filter
    from bddseg_tui.core.data.saved_views import SavedView, delete_view, load_views, save_view

    views, history = folder / "views.json", folder / "history.txt"

    def act(number: int) -> None:
        save_view(views, SavedView(f"v{number}", "has:bus"))
        remember_filter(history, f"name:{number}")

    def check(acknowledged: list[int], number: int) -> None:
        kept = {int(view.name[1:]) for view in load_views(views)}
        # Where cutting a torn line off fails as well, it stays: a filter like any that was given up half typed.
        used = load_history(history)
        assert set(acknowledged) <= kept <= {*acknowledged, number}, (acknowledged, kept)
        assert {f"name:{n}" for n in acknowledged} <= {*used}, (acknowledged, used)
        for extra in kept - set(acknowledged):
            delete_view(views, f"v{extra}")
        assert {p.name for p in folder.iterdir()} <= {"views.json", "history.txt"}

    every_write(act, check)


def checkpoint(folder: Path) -> None:
    import torch

    from bddseg_tui.train.checkpoint import Progress, load, save

    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    setattr(model, "config", {})  # noqa: B010 (a module's attributes are modules and tensors, for mypy)
    optimizer = torch.optim.AdamW(model.parameters())
    checkpoints = folder / "checkpoints"

    def act(number: int) -> None:
        with torch.no_grad():
            model.weight.fill_(float(number))
        save(checkpoints, model, optimizer, Progress(step=number), ("last", "best"))

    def check(acknowledged: list[int], number: int) -> None:
        other = torch.nn.Linear(3, 2)
        steps = set()
        for name in ("last", "best"):
            if (checkpoints / name).exists():
                steps.add(load(checkpoints / name, other, torch.optim.AdamW(other.parameters())).step)
                assert float(other.weight[0, 0].detach()) in steps
        last = acknowledged[-1:]
        assert steps == set(last) if last == [number] else steps <= {*known, number}, (steps, known, number)
        assert not acknowledged or len(steps) >= 1
        known.update(steps)
        assert not list(checkpoints.glob(".bddseg-*")), list(checkpoints.iterdir())

    known: set[int] = set()
    every_write(act, check)


def index(folder: Path) -> None:
    import numpy as np

    from bddseg_tui.index.vector_table import Entry, VectorTable

    def vectors(number: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        return np.full((3, 4), number, np.float32)

    def act(number: int) -> None:
        table = VectorTable(folder / "index", "model", 4)
        table.cut_tail()
        table.append(
            [Entry(f"{number}/{i}".encode(), "1", f"{number}/{i}".encode()) for i in range(3)], vectors(number)
        )

    def check(acknowledged: list[int], number: int) -> None:
        images, matrix = VectorTable(folder / "index", "model", 4).load()
        found = {int(image.split(b"/")[0]) for image in images}
        assert set(acknowledged) <= found <= {*acknowledged, number}, (acknowledged, found)
        assert all((row == int(image.split(b"/")[0])).all() for image, row in zip(images, matrix, strict=True))
        if number in found and number not in acknowledged:
            acknowledged.append(number)

    every_write(act, check, database=True)


def scan(folder: Path) -> None:
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.workspace.workspace import Workspace

    def engine(number: int) -> Engine:
        """Each in a workspace of its own: what opening makes is written too."""
        return Engine(Workspace(folder / f"workspace-{number}"))

    def act(number: int) -> None:
        engine(number).data.scan(engine(number).data.open(folder / "data"), lambda done, total: None)

    def check(acknowledged: list[int], number: int) -> None:
        opened = engine(number).data.open(folder / "data")
        if number in acknowledged:
            assert opened.catalog.progress() == (3, 0)
        engine(number).data.scan(opened, lambda done, total: None)
        assert opened.catalog.progress() == (3, 0)

    every_write(act, check, database=True)


def rescan(folder: Path) -> None:
    from bddseg_tui.core.data.filter_language import parse_query
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.workspace.workspace import Workspace

    engine = Engine(Workspace(folder / "workspace"))
    opened = engine.data.open(folder / "data")
    engine.data.scan(opened, lambda done, total: None)
    opened.catalog.add_tag(opened.catalog.find(parse_query("")), "mine")
    images = sorted((folder / "data/images").rglob("*.jpg"))

    def act(number: int) -> None:
        for image in images:
            os.utime(image, (number, number))
        engine.data.scan(engine.data.open(folder / "data"), lambda done, total: None)

    def check(acknowledged: list[int], number: int) -> None:
        again = engine.data.open(folder / "data")
        assert len(again.catalog.find(parse_query("tag:mine"))) == len(images)
        if number in acknowledged:
            assert again.catalog.progress() == (3, 0)

    every_write(act, check, database=True)


WORKS = {w.__name__: w for w in (tag, chat, settings, views, checkpoint, index, scan, rescan)}

if __name__ == "__main__":
    WORKS[sys.argv[1]](Path(sys.argv[2]))
