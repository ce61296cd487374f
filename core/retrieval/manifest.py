"""What an index says of itself, readable without any model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.sanitize import sanitize


@dataclass(frozen=True)
class Manifest:
    """A finished build: how many images, embedded by which model, and the graph's recall where there is a graph."""

    folder: Path
    model: str
    identity: str
    dimension: int
    count: int
    failures: int
    sha256: str
    built: float
    images_per_second: float | None
    graph: dict[str, Any] | None


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of an index folder; None where there is none or it is damaged."""
    raw = _read(folder / "manifest.json")
    if raw is None:
        return None
    try:
        encoded, seconds = int(raw.get("encoded", 0)), float(raw.get("seconds", 0))
        return Manifest(
            folder,
            sanitize(str(raw["model"])),
            sanitize(str(raw["identity"])),
            int(raw["dimension"]),
            int(raw["count"]),
            int(raw.get("failures", 0)),
            str(raw["sha256"]),
            float(raw["built"]),
            encoded / seconds if encoded and seconds else None,
            _read(folder / "hnsw.json"),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return raw if isinstance(raw, dict) else None
