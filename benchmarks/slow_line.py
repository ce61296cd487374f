"""What each action costs over a slow line, as over SSH: bytes, and milliseconds to the first and the last of them.

python -m benchmarks.slow_line DATASET [--round-trip MS] [--kbit N] [--images KIND ...] [--json FILE]

The line is half a round trip late in both directions, so many kbit/s wide, and takes 64 KiB at most before output backs
up into the program. What stands at its end answers status queries, as every terminal does, and is otherwise silent.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.tui.terminal import STATUS_ANSWER, STATUS_QUERY, Terminal

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.processes.process import kill
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import compile_packages, publish

SIZE = (160, 45)
BUFFER = 64 * 1024
HELP = b"search the keys"
"""Stands in the help alone."""
WATCHED_S = 20
DRAWN_S = 15
"""By then every chart of a run has been drawn once."""
QUIET_S = 1.5
"""An action is over when nothing has come for so long."""
CODES = re.compile(rb"\x1bP.*?\x1b\\|\x1b_.*?\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?<>=!]*[A-Za-z]", re.S)


@dataclass(frozen=True)
class Cost:
    """What came after an action, and when: bytes, and seconds to the first and the last byte (None: nothing came)."""

    bytes: int
    first_s: float | None
    last_s: float | None


class SlowLine:
    """The far end of a line to a program in a pty.

    Args:
        terminal: the program's.
        round_trip_s: seconds from a key to the first byte of its answer, of a program that takes no time.
        bytes_per_s: how much arrives in a second.
    """

    def __init__(self, terminal: Terminal, round_trip_s: float, bytes_per_s: float) -> None:
        self._terminal, self._late_s, self._bytes_per_s = terminal, round_trip_s / 2, bytes_per_s
        terminal.answering = False
        self._down: deque[tuple[float, bytes]] = deque()
        self._up: deque[tuple[float, bytes]] = deque()
        self._under_way = 0
        self._free_at = 0.0
        self._before = b""
        self.begin()

    def begin(self) -> None:
        """Counts from now on."""
        self.started, self.count, self.shown = time.monotonic(), 0, b""
        self.first: float | None = None
        self.last: float | None = None

    def send(self, keys: bytes) -> None:
        """Types; it arrives half a round trip later."""
        self._up.append((time.monotonic() + self._late_s, keys))

    def step(self) -> None:
        """Lets arrive what is due in both directions."""
        now = time.monotonic()
        while self._up and self._up[0][0] <= now:
            self._terminal.send(self._up.popleft()[1])
        while self._down and self._down[0][0] <= now:
            self._arrive(self._down.popleft()[1], now)
        if self._under_way < BUFFER and (data := self._terminal.read(0.005)):
            for start in range(0, len(data), 4096):
                part = data[start : start + 4096]
                self._free_at = max(time.monotonic(), self._free_at) + len(part) / self._bytes_per_s
                self._under_way += len(part)
                self._down.append((self._free_at + self._late_s, part))
        elif self._under_way >= BUFFER:
            time.sleep(0.002)

    def _arrive(self, data: bytes, now: float) -> None:
        self._under_way -= len(data)
        self.count += len(data)
        self.first, self.last = self.first or now, now
        self.shown += data
        asked = (self._before + data).count(STATUS_QUERY)
        self._before = data[1 - len(STATUS_QUERY) :] if len(data) >= len(STATUS_QUERY) else b""
        if asked:
            self.send(STATUS_ANSWER * asked)

    def until(self, happened: Callable[[], object], limit_s: float = 60) -> float:
        """Steps until something has happened; seconds since `begin`.

        Raises:
            TimeoutError: it did not within `limit_s` seconds.
        """
        end = time.monotonic() + limit_s
        while not happened():
            if time.monotonic() > end:
                raise TimeoutError(CODES.sub(b"", self.shown)[-300:].decode(errors="replace"))
            self.step()
        return time.monotonic() - self.started

    def until_quiet(self) -> Cost:
        """Steps until nothing has come for a while; what came since `begin`."""
        self.until(lambda: not self._down and time.monotonic() - (self.last or self.started) > QUIET_S)
        return self.cost

    def press(self, keys: bytes) -> Cost:
        """Types and steps until all is quiet; what came."""
        self.begin()
        self.send(keys)
        return self.until_quiet()

    def until_text(self, text: bytes) -> float:
        """Steps until a text is shown; seconds since `begin`."""
        return self.until(lambda: text in CODES.sub(b"", self.shown))

    @property
    def cost(self) -> Cost:
        """What came since `begin`."""
        seconds = [None if at is None else at - self.started for at in (self.first, self.last)]
        return Cost(self.count, *seconds)


ACTIONS = (
    ("next image: j", b"j"),
    ("next image again: j", b"j"),
    ("view: m", b"m"),
    ("view: o", b"o"),
    ("zoom in: +", b"+"),
    ("pan: L", b"L"),
    ("whole image: 0", b"0"),
    ("full screen: f", b"f"),
    ("full screen, next image: j", b"j"),
    ("back: Esc", b"\x1b"),
)


def measure(line: SlowLine) -> dict[str, Cost]:
    """The cost of the start and of each action, in turn."""
    found = {"start": line.until_quiet()}
    found |= {name: line.press(keys) for name, keys in ACTIONS}
    line.begin()
    for sent in range(90):
        line.until(lambda at=sent / 30: time.monotonic() - line.started >= at)  # type: ignore[misc]
        line.send(b"j")
    found["j held for 3 s"] = line.cost
    line.begin()
    line.send(b"?")
    shown = line.until_text(HELP)
    found["help after it: ?"] = Cost(line.count, line.cost.first_s, shown)
    line.until_quiet()
    line.press(b"\x1b")
    return found


def watch_training(line: SlowLine) -> Cost:
    """What the Train pane sends beside a run that goes on."""
    line.begin()
    line.send(b"2")
    line.until_text(b"loss")
    line.until(lambda: time.monotonic() - line.started > DRAWN_S)
    line.begin()
    line.until(lambda: time.monotonic() - line.started > WATCHED_S)
    return line.cost


@contextmanager
def training(engine: Engine, dataset: Path) -> Iterator[None]:
    """A run goes on meanwhile."""
    settings = ["height=64", "width=128", "epochs=1000", "train_limit=64", "val_limit=8", "threads=1"]
    run = engine.runs.train(dataset, build_config("demo", settings), "demo")
    try:
        status = engine.runs.wait(run.folder, until=lambda s: s.done >= 2 and s.phase == "train")
        assert status.live, status.message
        yield
    finally:
        if process := run.status.process:
            kill(process)


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--round-trip", type=float, default=150, help="milliseconds")
    parser.add_argument("--kbit", type=float, default=1000)
    parser.add_argument("--images", nargs="+", default=["quadrant", "sixel", "kitty"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compile_packages()
    found: dict[str, dict[str, Cost]] = {}
    with tempfile.TemporaryDirectory() as folder:
        # As a plain SSH login: no COLORTERM.
        os.environ.update(BDDSEG_WORKSPACE=folder, SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22", COLORTERM="")
        engine = Engine(Workspace(Path(folder)))
        engine.data.scan(engine.data.open(arguments.dataset), lambda done, total: None)
        program = str(Path(sys.executable).with_name("bddseg-tui"))
        for kind in arguments.images:
            command = [program, "open", str(arguments.dataset), "--images", kind, "--colours", "truecolor"]
            with Terminal(command, SIZE) as terminal:
                line = SlowLine(terminal, arguments.round_trip / 1e3, arguments.kbit * 125)
                found[kind] = measure(line)
                with training(engine, arguments.dataset):
                    found[kind][f"Train pane beside a run, {WATCHED_S} s"] = watch_training(line)
    rows = [("", *(f"{kind}: kB, first and last ms" for kind in found))]
    rows += [(name, *(_cell(found[kind][name]) for kind in found)) for name in next(iter(found.values()))]
    title = (
        f"bytes and time by action, {SIZE[0]}x{SIZE[1]}, {arguments.round_trip:.0f} ms and {arguments.kbit:.0f} kbit/s"
    )
    facts = {kind: {name: asdict(cost) for name, cost in costs.items()} for kind, costs in found.items()}
    publish(title, rows, facts, arguments.json)


def _cell(cost: Cost) -> str:
    times = ["-" if s is None else f"{1e3 * s:.0f}" for s in (cost.first_s, cost.last_s)]
    return f"{cost.bytes / 1e3:.1f}  {times[0]}  {times[1]}"


if __name__ == "__main__":
    main()
