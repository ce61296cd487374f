"""How soon a step of zooming or panning is drawn, in the Dataset pane at 160x45.

python -m benchmarks.zoom DATASET [--images sixel|kitty|quadrant|...] [--rounds N] [--full-screen] [--json FILE]

Measured in a real pty: from writing the key to the last byte of the picture. A step to what was shown before is drawn
already, and is left out.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from tests.tui.terminal import Terminal

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import compile_packages, publish, summary

MARKS = {"sixel": b"\x1bP0;1;0q", "kitty": b"\x1b_Ga=T", "iterm2": b"\x1b]1337;File="}
"""What the pictures of a protocol begin with; those in characters begin with the crosshair's line."""
STEPS = b"+LLJHK+LJJKL+JHK"
SETTLED_S = 0.06
DRAWN_ALREADY_S = 0.01


def press(terminal: Terminal, key: bytes, mark: bytes) -> tuple[float, int]:
    """(seconds to the last byte of the picture, bytes) after a key."""
    quiet = time.perf_counter()
    while time.perf_counter() - quiet < 0.5:
        if terminal.read(0.02):
            quiet = time.perf_counter()
    started, last, seen = time.perf_counter(), 0.0, b""
    terminal.send(key)
    while not last or time.perf_counter() - last < SETTLED_S:
        data = terminal.read(0.005)
        seen += data
        if data and mark in seen:
            last = time.perf_counter()
        if time.perf_counter() - started > 10:
            raise SystemExit("no picture within 10 s")
    return last - started, len(seen)


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--images", default="sixel")
    parser.add_argument("--rounds", type=int, default=4, help="images, each zoomed and panned 16 times")
    parser.add_argument("--full-screen", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compile_packages()
    mark = MARKS.get(arguments.images, b"\x1b[0m")
    seconds, sizes = [], []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BDDSEG_WORKSPACE"] = folder
        engine = Engine(Workspace(Path(folder)))
        engine.data.scan(engine.data.open(arguments.dataset), lambda done, total: None)
        with Terminal.app(arguments.dataset, "--images", arguments.images, size=(160, 45)) as terminal:
            # A terminal that says nothing may be far away, and gets smaller pictures.
            terminal.until(lambda seen: b"\x1b[c" in seen)
            terminal.send(b"\x1b[?64;4c")
            terminal.until(lambda seen: mark in seen)
            if arguments.full_screen:
                terminal.send(b"f")
                terminal.until(lambda seen: b"Esc back" in seen)
            for _ in range(arguments.rounds):
                for step in STEPS:
                    took, size = press(terminal, bytes([step]), mark)
                    if took > DRAWN_ALREADY_S:
                        seconds.append(took)
                        sizes.append(size / 1000)
                press(terminal, b"j", mark)
    found = summary(seconds)
    rows = [
        ("", "p95", "median", "min"),
        *(
            (name, *(f"{scale * values[k]:.0f}" for k in ("p95", "median", "min")))
            for name, scale, values in (("ms", 1e3, found), ("kB", 1, summary(sizes)))
        ),
    ]
    where = "on the full screen" if arguments.full_screen else "in the pane"
    publish(f"a step of zooming {where}, {arguments.images}, 160x45", rows, {"seconds": found}, arguments.json)


if __name__ == "__main__":
    main()
