"""From starting the program to its first content, beside a Textual hello, in turns: seconds, and processor time.

The latter, of all that the process did until then, tells more on a machine that others use as well.

python -m benchmarks.startup DATASET [--rounds N] [--json FILE]
"""

import argparse
import os
import resource
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


def first(command: list[str], content: bytes) -> tuple[float, float]:
    """Seconds until `content` is drawn by a program that is then killed, and of processor time that it has taken."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with Terminal(command, (120, 40)) as terminal:
        terminal.until(lambda seen: content in seen)
        seconds = time.perf_counter() - started
        terminal.kill()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


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
        times: dict[str, list[tuple[float, float]]] = {"hello": [], "list": [], "picture": []}
        for _ in range(arguments.rounds + 1):
            times["hello"].append(first([sys.executable, "-c", HELLO], b"hello, world"))
            times["list"].append(first([program, str(arguments.dataset)], name))
            times["picture"].append(first([program, str(arguments.dataset)], "▀".encode()))
    # The first round warms the disk's cache.
    found = {key: summary([seconds for seconds, _ in values[1:]]) for key, values in times.items()}
    processor = {key: summary([seconds for _, seconds in values[1:]]) for key, values in times.items()}
    ratio = {key: found[key]["median"] / found["hello"]["median"] for key in found}
    of_processor = {key: processor[key]["median"] / processor["hello"]["median"] for key in found}
    labels = {
        "hello": "Textual hello",
        "list": "bddseg-tui, first row of the list",
        "picture": "bddseg-tui, first picture",
    }
    rows = [("", "median ms", "min ms", "ratio of medians", "processor ms", "ratio of medians")]
    for key, value in found.items():
        wall = f"{1e3 * value['median']:.0f}", f"{1e3 * value['min']:.0f}", f"{ratio[key]:.2f}"
        rows.append((labels[key], *wall, f"{1e3 * processor[key]['median']:.0f}", f"{of_processor[key]:.2f}"))
    facts = {"seconds": found, "ratio": ratio, "processor": processor, "processor_ratio": of_processor}
    publish("start to first content", rows, facts, arguments.json)


if __name__ == "__main__":
    main()
