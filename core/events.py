"""`events.jsonl`: what a job says, one JSON object a line, appended by one writer and tailed by any reader."""

import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Event = dict[str, Any]
RESTARTS = ("start", "resume")
"""Kinds of event that say from which step the work goes on."""


class EventWriter:
    """Appends events. Each is one write of one line with a sequence number, so readers see whole lines.

    A torn last line, left by a killed writer, is cut off first.
    """

    def __init__(self, path: Path) -> None:
        last = _cut_torn_line(path)
        self._seq = last
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, kind: str, **values: Any) -> Event:
        """Appends one event and returns it. A float that is not finite is written as null.

        Raises:
            OSError: the disk is full; the torn line is ignored by readers.
        """
        self._seq += 1
        event = {"seq": self._seq, "time": round(time.time(), 3), "kind": kind, **_finite(values)}
        data = (json.dumps(event, allow_nan=False) + "\n").encode()
        written = os.write(self._file, data)
        if written < len(data):
            os.write(self._file, data[written:])
        return event

    def close(self) -> None:
        os.close(self._file)


class EventTail:
    """Reads what was appended since the last look; keeps only an offset."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._inode = 0

    def read(self) -> list[Event]:
        """The events that are new; an unfinished last line stays for the next time. Bad lines are left out."""
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size < self._offset or status.st_ino != self._inode:
                    self._offset, self._inode = 0, status.st_ino
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        return list(_parse(data[:end]))


def read_events(path: Path) -> list[Event]:
    """Every whole event of a file."""
    return EventTail(path).read()


def rewind(events: list[Event]) -> list[Event]:
    """Drops what was done again: after a `start` or `resume` at step s, the steps and epochs beyond s."""
    kept: list[Event] = []
    for event in events:
        if event["kind"] in RESTARTS:
            at = event.get("step", 0)
            kept = [e for e in kept if not (e["kind"] in ("step", "epoch") and e.get("step", 0) > at)]
        kept.append(event)
    return kept


def _parse(data: bytes) -> Iterator[Event]:
    for line in data.split(b"\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("kind"), str):
            yield event


def _cut_torn_line(path: Path) -> int:
    """Cuts an unfinished last line; returns the last sequence number."""
    try:
        with path.open("r+b") as file:
            data = file.read()
            end = data.rfind(b"\n") + 1
            if end != len(data):
                file.truncate(end)
    except FileNotFoundError:
        return 0
    last = 0
    for event in _parse(data[:end]):
        last = int(event.get("seq", last))
    return last


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value
