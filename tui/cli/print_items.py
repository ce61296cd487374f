"""Printing many things as they come: the first is there at once, and none is kept."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from bddseg_tui.core.files.records import plain
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.cli.output import versioned

_AT_ONCE = 50
"""So many are handed on one by one, as somebody may be waiting to see one; what follows goes out by the buffer."""


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines for a person on standard output."""
    for n, line in enumerate(lines):
        print(sanitize(line), flush=n < _AT_ONCE)
    sys.stdout.flush()


def print_json_items(items: Iterable[Any]) -> None:
    """Prints a JSON array, laid out as `print_json` does it, an item as soon as it is there."""
    n = -1
    for n, item in enumerate(items):
        text = json.dumps(plain(versioned(item)), indent=2, allow_nan=False).replace("\n", "\n  ")
        print(f"{',' if n else '['}\n  {text}", end="", flush=n < _AT_ONCE)
    print("\n]" if n >= 0 else "[]", flush=True)
