"""What every benchmark does with its figures: a table for a person, and JSON for a machine."""

import compileall
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def compile_packages() -> None:
    """Compiles our modules, as pip does when it installs them, so that no start is charged with it."""
    for folder in ("core", "tui"):
        compileall.compile_dir(folder, quiet=1)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0..1) of the values lies; by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Minimum, median and 95th percentile."""
    return {"min": min(values), "median": statistics.median(values), "p95": quantile(values, 0.95)}


def publish(title: str, rows: Sequence[tuple[str, ...]], facts: dict[str, Any], path: Path | None) -> None:
    """Prints the rows as a table (the first is its head) and writes the facts as JSON, if a path is given."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    print(title)
    for row in rows:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)))
    if path is not None:
        path.write_text(json.dumps({"title": title, **facts}, indent=2))
        print(f"written to {path}")
