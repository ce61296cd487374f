"""`events.jsonl`: what a job says, one JSON object a line, appended by one writer and tailed by any reader.

Every line that is read is checked against the model of its kind (`core/jobs/run_events.py`).
"""

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.records import plain, reason
from bddseg_tui.core.files.regular_file import open_regular
from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT, LeftOut
from bddseg_tui.core.jobs.run_events import EVENT, Event, Kind

__all__ = ["RESTARTS", "Event", "EventFile", "EventTail", "EventWriter", "read_event_file", "read_events", "rewind"]

RESTARTS: tuple[Kind, ...] = ("start", "resume")
"""Kinds of event that say from which step the work goes on."""
LONGEST = 1 << 20
"""Bytes of a line; a longer one is no event."""
CHUNK = 4 << 20


class EventWriter:
    """Appends events. Each is one write of one line with a sequence number, so readers see whole lines.

    A torn last line, left by a killed writer, is cut off first.

    Raises:
        BddsegError: the file cannot be written, or is none.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._seq = _cut_torn_line(path)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o644)
        except OSError as error:
            raise disk_error(error, path) from error

    def write(self, kind: Kind, **values: Any) -> dict[str, Any]:
        """Appends one event and returns it. A float that is not finite is written as null.

        Raises:
            OSError: the disk is full; the torn line is ignored by readers.
        """
        self._seq += 1
        event = {"seq": self._seq, "time": round(time.time(), 3), "kind": kind, **plain(values)}
        data = (json.dumps(event, allow_nan=False) + "\n").encode()
        written = os.write(self._file, data)
        if written < len(data):
            os.write(self._file, data[written:])
        return event

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


class EventTail:
    """Reads what was appended since the last look; keeps only an offset.

    `left_out` counts the lines that make no sense and says what is wrong with the first. `began` counts how often it
    read from the start: at the first look, and whenever another file has taken the place.

    With `kinds` all other events are passed over without being decoded, at the pace of a text search; the number of a
    line that makes no sense counts only those that were looked at, then.
    """

    def __init__(self, path: Path, kinds: tuple[Kind, ...] = ()) -> None:
        self.path = path
        self.left_out = NOTHING_LEFT_OUT
        self.began = 0
        self._needles = [f'"kind":{space}"{kind}"'.encode() for kind in kinds for space in (" ", "")]
        self._offset = 0
        self._inode = 0
        self._line = 0
        self._inside = False

    def read(self) -> list[Event]:
        """The events that are new; an unfinished last line stays for the next time."""
        return list(self.stream())

    def stream(self) -> Iterator[Event]:
        """Like `read`, one after another: a file of any length is never held in memory."""
        try:
            with open_regular(self.path) as file:
                status = os.fstat(file.fileno())
                if status.st_size < self._offset or status.st_ino != self._inode:
                    self._begin(status.st_ino)
                file.seek(self._offset)
                while data := file.read(CHUNK):
                    end = data.rfind(b"\n") + 1
                    if not end and len(data) < CHUNK:
                        return
                    self._offset += end or len(data)
                    yield from self._parse(data[:end])
                    # A line longer than a chunk is skipped, not gathered.
                    self._inside = not end
                    file.seek(self._offset)
        except OSError:
            return

    def _begin(self, inode: int) -> None:
        self.left_out, self._inode = NOTHING_LEFT_OUT, inode
        self.began += 1
        self._offset, self._line, self._inside = 0, 0, False

    def _parse(self, data: bytes) -> Iterator[Event]:
        for line in _lines_with(data, self._needles) if self._needles else data.split(b"\n")[:-1]:
            self._line += 1
            wrong = f"it is longer than {LONGEST:,} bytes" if self._inside or len(line) > LONGEST else ""
            self._inside = False
            if not line.strip():
                continue
            try:
                if not wrong:
                    yield EVENT.validate_json(line)
            except ValidationError as error:
                wrong = reason(error, tagged=True)
            if wrong:
                self.left_out = self.left_out.add(f"line {self._line}: {wrong}")


def _lines_with(data: bytes, needles: list[bytes]) -> list[bytes]:
    """The lines that hold one of the needles, in order."""
    starts = set[int]()
    for needle in needles:
        at = data.find(needle)
        while at >= 0:
            starts.add(data.rfind(b"\n", 0, at) + 1)
            at = data.find(needle, at + len(needle))
    return [data[start : data.find(b"\n", start)] for start in sorted(starts)]


@dataclass(frozen=True)
class EventFile:
    """A file's events, and what was left out of it."""

    events: list[Event]
    left_out: LeftOut


def read_event_file(path: Path) -> EventFile:
    """Every whole event of a file, and how many lines make no sense."""
    tail = EventTail(path)
    return EventFile(tail.read(), tail.left_out)


def read_events(path: Path, kinds: tuple[Kind, ...] = ()) -> list[Event]:
    """Every whole event of a file, or those of some kinds alone."""
    return EventTail(path, kinds).read()


def rewind(events: Iterable[Event]) -> list[Event]:
    """Drops what was done again: after a `start` or `resume` at step s, the steps and epochs beyond s."""
    kept: list[Event] = []
    for event in events:
        if event["kind"] == "start" or event["kind"] == "resume":
            at = event.get("step", 0)
            kept = [e for e in kept if not ((e["kind"] == "step" or e["kind"] == "epoch") and e["step"] > at)]
        kept.append(event)
    return kept


def _cut_torn_line(path: Path) -> int:
    """Cuts an unfinished last line; returns the last sequence number that makes sense."""
    try:
        file = open_regular(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    with file:
        size = file.seek(0, os.SEEK_END)
        block = CHUNK
        while True:
            start = max(0, size - block)
            file.seek(start)
            data = file.read(size - start)
            end = data.rfind(b"\n") + 1
            last = _last_number(data[:end])
            if start == 0 or last:
                break
            block *= 4
        if start + end != size:
            file.truncate(start + end)
    return last


def _last_number(data: bytes) -> int:
    for line in reversed(data.split(b"\n")):
        try:
            if number := EVENT.validate_json(line).get("seq", 0):
                return number
        except ValidationError:
            continue
    return 0
