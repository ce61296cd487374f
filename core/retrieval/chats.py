"""Chats on disk: one file each, a line a turn, so that nothing said is lost and any app can read it.

A turn that is asked again is appended under its old number; the last line of a number counts.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainValidator, TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.append import append_lines
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.path_component import inside
from bddseg_tui.core.files.records import Count, Line, Moment, Real, Text, checked
from bddseg_tui.core.files.regular_file import open_regular, read_regular
from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT, LeftOut
from bddseg_tui.core.sanitize import sanitize_path

TurnState = Literal["done", "failed", "cancelled"]
_HEADER = b'{"chat":'
_DATASET = Path("/dataset")


def _inside(image: object) -> str | None:
    """The path of an image below its dataset, whatever that is; None for one that would leave it."""
    if image is None:
        return None
    if not isinstance(image, str):
        raise ValueError("is no text")
    found = inside(_DATASET, image)
    try:
        os.fsencode(image)
    except UnicodeEncodeError:  # a lone surrogate, which no file is called
        return None
    return None if found is None else os.fspath(found.relative_to(_DATASET))


def _all_inside(found: object) -> object:
    """The candidates without those that would leave the dataset."""
    if not isinstance(found, list):
        return found
    return [c for c in found if not isinstance(c, dict) or "image" not in c or _inside(c["image"]) is not None]


@dataclass(frozen=True)
class Candidate:
    """An image that was found, as a path relative to the dataset."""

    image: Annotated[str, PlainValidator(_inside)]
    score: Real
    confidence: Real


@dataclass(frozen=True)
class Turn:
    """A question and what came of it. `image` is the picture that was looked at; `fits` False if none did."""

    number: Count
    question: Text
    anchors: tuple[Line, ...] = ()
    fallback: Line = ""
    candidates: Annotated[tuple[Candidate, ...], BeforeValidator(_all_inside)] = ()
    image: Annotated[str | None, PlainValidator(_inside)] = None
    answer: Text = ""
    score: Real | None = None
    confidence: Real | None = None
    fits: bool = True
    doubt: Line = ""
    stayed: bool = False
    state: TurnState = "done"
    problem: Line = ""
    time: Moment = 0.0
    timings: dict[Line, Real] = field(default_factory=dict)


class _Header(TypedDict):
    chat: Count
    dataset: Line
    created: Moment


_TURN = TypeAdapter(Turn)
_HEAD = TypeAdapter(_Header)
_LARGEST = 256 << 20


@dataclass(frozen=True)
class Chat:
    """A conversation about one dataset. `left_out` counts the lines of its file that make no sense."""

    path: Path
    dataset: str
    created: float
    turns: tuple[Turn, ...] = ()
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def title(self) -> str:
        """Its first question, shortened."""
        without = "(nothing in it makes sense)" if self.left_out.count else "new chat"
        first = self.turns[0].question if self.turns else without
        return first if len(first) <= 60 else first[:59] + "…"

    def with_turn(self, turn: Turn) -> "Chat":
        """The chat with this turn added, or put in the place of the one with its number."""
        kept = [t for t in self.turns if t.number != turn.number]
        return replace(self, turns=tuple(sorted([*kept, turn], key=lambda t: t.number)))


def new_chat(folder: Path, dataset: Path) -> Chat:
    """A chat that is not on disk before its first turn."""
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    path = folder / f"{stamp}-{os.getpid() % 10_000:04d}{int(now * 1000) % 1000:03d}.jsonl"
    return Chat(path, sanitize_path(dataset), now)


def append_turn(chat: Chat, turn: Turn) -> Chat:
    """Writes a turn and returns the chat with it. A file that lost its header (or never got one) gets it again.

    Raises:
        BddsegError: the disk is full or the workspace cannot be written; the turn is not kept, all others are.
    """
    turn = turn if turn.time else replace(turn, time=round(time.time(), 3))
    header = json.dumps({"chat": 1, "dataset": chat.dataset, "created": chat.created}).encode() + b"\n"

    def head(there: bytes) -> bytes:
        whole = there.split(b"\n")[:-1]
        return b"" if any(line.startswith(_HEADER) and line.endswith(b"}") for line in whole) else header

    try:
        append_lines(chat.path, json.dumps(asdict(turn)).encode() + b"\n", head)
    except OSError as error:
        raise disk_error(error, chat.path, "written (this turn is not kept)") from error
    return chat.with_turn(turn)


def read_chat(path: Path, most: int | None = None) -> Chat | None:
    """A chat from its file; lines that make no sense are left out and counted. None where it is no chat at all.

    With `most`, only the whole lines among so many of its first bytes are read. Turns without a header still are a
    chat: one that began on a full disk.
    """
    try:
        lines = (read_regular(path, _LARGEST) if most is None else _first_lines(path, most)).split(b"\n")
        changed = path.stat().st_mtime
    except OSError:
        return None
    header: _Header | None = None
    turns: dict[int, Turn] = {}
    left_out = NOTHING_LEFT_OUT
    for number, line in enumerate(lines, start=1):
        try:
            raw = decode(line) if line.strip() else None
            if isinstance(raw, dict) and "chat" in raw:
                header = checked(_HEAD, raw)
            elif line.strip():
                turn = checked(_TURN, raw)
                turns[turn.number] = turn
        except RecordError as error:
            left_out = left_out.add(f"line {number}: {error}")
    if header is None and not turns:
        return None
    begun = min((t.time for t in turns.values() if t.time), default=changed)
    created = header["created"] if header else begun
    ordered = tuple(turns[n] for n in sorted(turns))
    return Chat(path, header["dataset"] if header else "", created, ordered, left_out)


def _first_lines(path: Path, most: int) -> bytes:
    with open_regular(path) as file:
        data = file.read(most)
        return data if len(data) < most else data[: data.rfind(b"\n") + 1]


def list_chats(folder: Path, text: str = "") -> list[Chat]:
    """Chats that say this text somewhere (all of them without one), newest first."""
    chats = [c for path in sorted(folder.glob("*.jsonl"), reverse=True) if (c := read_chat(path)) and _is_shown(c)]
    words = text.lower().split()
    return [c for c in chats if all(any(w in f"{t.question} {t.answer}".lower() for t in c.turns) for w in words)]


def _is_shown(chat: Chat) -> bool:
    return bool(chat.turns or chat.left_out.count)


def delete_chat(chat: Chat) -> None:
    """Takes a chat off the disk.

    Raises:
        BddsegError: it cannot be deleted.
    """
    try:
        chat.path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(error, chat.path, "deleted") from error
