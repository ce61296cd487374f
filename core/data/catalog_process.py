"""A process that works on a dataset's catalog for the app, and tells in JSON lines how far it is."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import Dataset, open_dataset
from bddseg_tui.core.files.error_log import explained, keep_traceback
from bddseg_tui.core.processes.argument_parser import ArgumentParser
from bddseg_tui.core.processes.parent import end_with_starter

Report = Callable[[int, int], None]
"""Is told (done, total)."""


def run_on_catalog(argv: list[str], module: str, doing: str, work: Callable[[Catalog, Dataset, Report], None]) -> int:
    """Works on the dataset and the catalog that `argv` names; returns the exit code.

    Prints {"done", "total"} as JSON lines, at the end maybe {"error"}. Ends with the process that started it.

    Args:
        argv: ROOT CATALOG.
        module: what was started, for the message of wrong usage.
        doing: what failed, where that is a mistake of this program: `the scan`.
        work: what is to be done.
    """
    parser = ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("root", type=Path)
    parser.add_argument("catalog", type=Path)
    arguments = parser.parse_args(argv)

    def report(done: int, total: int) -> None:
        print(json.dumps({"done": done, "total": total}), flush=True)

    end_with_starter()
    try:
        dataset = open_dataset(arguments.root)
        work(Catalog(arguments.catalog, dataset.root), dataset, report)
    except BrokenPipeError:
        # Whoever started this has gone; Python would complain again at exit.
        os._exit(1)
    except Exception as error:
        told = explained(error)
        if told is None:
            log = keep_traceback(error, arguments.catalog.parent.parent)
            told = f"{doing} failed by a mistake of this program ({type(error).__name__}: {error}); {log} says more"
        print(json.dumps({"error": told}), flush=True)
        return 1
    return 0
