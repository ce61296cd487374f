"""How soon a key is answered in the Dataset pane while a training job uses every core.

python -m benchmarks.keys DATASET [--keys N] [--idle] [--json FILE]

Measured in a real pty: from writing the key to reading what changes in the list, and to the last byte of the
new picture in half-blocks. A page at a time, so that no picture was prefetched.
"""

import argparse
import os
import re
import tempfile
import time
from pathlib import Path

from tests.tui.terminal import Terminal

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.processes.process import kill
from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.workspace.workspace import Workspace
from benchmarks.report import compile_packages, publish, summary

PICTURE = "▀".encode()
LIST = re.compile(rb"\x1b\[([3-9]|[12][0-9]|3[0-7]);([1-9]|[12][0-9])H")
"""Something is written into the list: only cells that change are, and the cursor may stay on its line of the screen."""
SETTLED_S = 0.03


def press(terminal: Terminal, key: bytes) -> tuple[float, float]:
    """(seconds to the change of the list, seconds to the last byte of the picture) after a key."""
    settle(terminal, 0.25)
    started = time.perf_counter()
    terminal.send(key)
    cursor = picture = 0.0
    seen = b""
    while not picture or time.perf_counter() - picture < SETTLED_S:
        data = terminal.read(0.005)
        now = time.perf_counter()
        seen += data
        if not cursor and LIST.search(seen):
            cursor = now
        if data and PICTURE in seen:
            picture = now
        if now - started > 10:
            raise SystemExit("no answer within 10 s")
    return cursor - started, picture - started


def settle(terminal: Terminal, seconds: float) -> None:
    """Reads until nothing has come for a while."""
    quiet = time.perf_counter()
    while time.perf_counter() - quiet < seconds:
        if terminal.read(0.01):
            quiet = time.perf_counter()


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--idle", action="store_true", help="without the training job")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compile_packages()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BDDSEG_WORKSPACE"] = folder
        engine = Engine(Workspace(Path(folder)))
        engine.data.scan(engine.data.open(arguments.dataset), lambda done, total: None)
        run = None
        if not arguments.idle:
            config = build_config("demo", ["height=224", "width=224", "epochs=1000", "train_limit=64", "val_limit=8"])
            run = engine.runs.train(arguments.dataset, config, "demo")
            status = engine.runs.wait(run.folder, until=lambda s: s.done >= 2 and s.phase == "train")
            assert status.live, status.message
        lines, pictures = [], []
        try:
            with Terminal.app(arguments.dataset, "--images", "halfblock", size=(120, 40)) as terminal:
                terminal.until(lambda seen: PICTURE in seen)
                for number in range(arguments.keys):
                    page = number // 9
                    line, picture = press(terminal, b"\x1b[6~" if page % 2 == 0 else b"\x1b[5~")
                    lines.append(line)
                    pictures.append(picture)
        finally:
            if run is not None and (process := run.status.process):
                kill(process)
    found = {"key to repaint": summary(lines), "image swap, half-blocks": summary(pictures)}
    rows = [("", "p95 ms", "median ms", "min ms")]
    rows += [
        (k, f"{1e3 * v['p95']:.0f}", f"{1e3 * v['median']:.0f}", f"{1e3 * v['min']:.0f}") for k, v in found.items()
    ]
    load = "idle" if arguments.idle else "while a training job uses every core"
    publish(
        f"keys in the Dataset pane, 120x40, {arguments.keys} keys, {load}", rows, {"seconds": found}, arguments.json
    )


if __name__ == "__main__":
    main()
