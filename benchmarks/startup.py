"""From starting the program to its first content, beside a Textual hello, in turns.

python -m benchmarks.startup DATASET [--rounds N] [--json FILE]
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.tui.terminal import Terminal

from benchmarks.report import compile_packages, publish, summary

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello, world")
Hello().run()
"""


def first(command: list[str], content: bytes) -> float:
    """Seconds until `content` is drawn by a program that is then killed."""
    started = time.perf_counter()
    with Terminal(command, (120, 40)) as terminal:
        terminal.until(lambda seen: content in seen)
        return time.perf_counter() - started


def main() -> None:
    """Reads the command line, measures, and prints the table (as JSON too, into a file that is named)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    from bddseg_tui.core.engine import Engine
    from bddseg_tui.core.workspace.workspace import Workspace

    compile_packages()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BDDSEG_WORKSPACE"] = folder
        engine = Engine(Workspace(Path(folder)))
        collection = engine.data.open(arguments.dataset)
        engine.data.scan(collection, lambda done, total: None)
        name = engine.data.find(collection, "")[0].name.encode()
        program = str(Path(sys.executable).with_name("bddseg-tui"))
        times: dict[str, list[float]] = {"hello": [], "list": [], "picture": []}
        for _ in range(arguments.rounds + 1):
            times["hello"].append(first([sys.executable, "-c", HELLO], b"hello, world"))
            times["list"].append(first([program, str(arguments.dataset)], name))
            times["picture"].append(first([program, str(arguments.dataset)], "▀".encode()))
    # The first round warms the disk's cache.
    found = {key: summary(values[1:]) for key, values in times.items()}
    ratio = {key: found[key]["median"] / found["hello"]["median"] for key in found}
    labels = {
        "hello": "Textual hello",
        "list": "bddseg-tui, first row of the list",
        "picture": "bddseg-tui, first picture",
    }
    rows = [("", "median ms", "min ms", "ratio of medians")]
    rows += [
        (labels[k], f"{1e3 * v['median']:.0f}", f"{1e3 * v['min']:.0f}", f"{ratio[k]:.2f}") for k, v in found.items()
    ]
    publish("start to first content", rows, {"seconds": found, "ratio": ratio}, arguments.json)


if __name__ == "__main__":
    main()
