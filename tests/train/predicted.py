"""What was predicted into a folder."""

import os
from pathlib import Path


def masks(to: Path) -> dict[str, int]:
    """By name, when each mask was written."""
    root = to / "masks"
    return {os.fspath(p.relative_to(root)): p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file()}
