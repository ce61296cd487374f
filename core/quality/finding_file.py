"""What a search found, as a file of JSON lines: first how it was found, then a finding a line."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import replacing
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.sanitize import sanitize, sanitize_path

Item = TypeVar("Item")
VERSION = 1
LONGEST_LINE = 1 << 20
"""Bytes of a finding: of an area with its pixels, some thousand."""


@dataclass(frozen=True)
class Findings(Generic[Item]):
    """What a file holds; `made` is in seconds since the epoch, `damaged` lines that make no sense were left out.

    `facts` is the whole first line, as it was read.
    """

    items: tuple[Item, ...]
    about: str
    made: float
    damaged: int
    facts: Mapping[str, Any]


def write_findings(path: Path, kind: str, about: str, lines: Iterable[list[object]], **facts: object) -> None:
    """Replaces the file of a kind of findings; `about` says how they were found, `facts` stand beside it.

    Raises:
        BddsegError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            head = {kind: VERSION, "made": time.time(), "about": about, **facts}
            file.write(json.dumps(head).encode() + b"\n")
            for line in lines:
                file.write(json.dumps(line).encode() + b"\n")
    except OSError as error:
        raise disk_error(error, path) from error


def read_findings(path: Path, kind: str, words: str, item: Callable[[Any], Item]) -> Findings[Item] | None:
    """What a file holds; None where nobody has looked yet.

    Args:
        path: the file.
        kind: as it was written.
        words: for the kind, in the message of an error.
        item: makes a finding of a line; a RecordError says that it is none.

    Raises:
        BddsegError: the file cannot be read, or is of a later version.
    """
    items: list[Item] = []
    damaged = 0
    try:
        with path.open("rb") as file:
            facts = _head(file.readline(LONGEST_LINE), path, kind, words)
            while line := file.readline(LONGEST_LINE):
                try:
                    items.append(item(decode(line)))
                except RecordError:
                    damaged += 1
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_error(error, path, "read") from error
    return Findings(tuple(items), sanitize(facts["about"]), facts["made"], damaged, facts)


def _head(line: bytes, path: Path, kind: str, words: str) -> dict[str, Any]:
    try:
        head = decode(line)
        if isinstance(head, dict) and head.get(kind) == VERSION:
            match head:
                case {"made": float(_), "about": str(_)}:
                    return head
    except RecordError:
        pass
    raise BddsegError(f"{sanitize_path(path)} holds no {words} that this version reads: look for them anew")
