"""Chats on disk: one file each, a line a turn, so that nothing said is lost and any app can read it.

A turn that is asked again is appended under its old number; the last line of a number counts.
"""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from core.append import append_lines
from core.disk_errors import disk_error
from core.path_component import inside
from core.sanitize import sanitize, sanitize_lines, sanitize_path

State = Literal["done", "failed", "cancelled"]
_HEADER = b'{"chat":'
_DATASET = Path("/dataset")


@dataclass(frozen=True)
class Candidate:
    """An image that was found, as a path relative to the dataset."""

    image: str
    score: float
    confidence: float


@dataclass(frozen=True)
class Turn:
    """A question and what came of it. `image` is the picture that was looked at; `fits` False if none did."""

    number: int
    question: str
    anchors: tuple[str, ...] = ()
    fallback: str = ""
    candidates: tuple[Candidate, ...] = ()
    image: str | None = None
    answer: str = ""
    score: float | None = None
    confidence: float | None = None
    fits: bool = True
    stayed: bool = False
    state: State = "done"
    problem: str = ""
    time: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Chat:
    """A conversation about one dataset."""

    path: Path
    dataset: str
    created: float
    turns: tuple[Turn, ...] = ()

    @property
    def title(self) -> str:
        """Its first question, shortened."""
        first = self.turns[0].question if self.turns else "new chat"
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
        return b"" if there.startswith(_HEADER) or b"\n" + _HEADER in there else header

    try:
        append_lines(chat.path, json.dumps(asdict(turn)).encode() + b"\n", head)
    except OSError as error:
        raise disk_error(error, chat.path, "written (this turn is not kept)") from error
    return chat.with_turn(turn)


def read_chat(path: Path) -> Chat | None:
    """A chat from its file; lines that make no sense are left out. None where it is no chat at all.

    Turns without a header still are a chat: one that began on a full disk.
    """
    try:
        lines = path.read_text("utf-8", "replace").split("\n")
        changed = path.stat().st_mtime
    except OSError:
        return None
    chat = Chat(path, "", 0.0)
    for line in lines:
        try:
            raw = json.loads(line)
            if "chat" in raw:
                chat = replace(chat, dataset=sanitize(str(raw["dataset"])), created=float(raw["created"]))
            else:
                chat = chat.with_turn(_turn(raw))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            continue
    if not chat.created and chat.turns:
        chat = replace(chat, created=min((t.time for t in chat.turns if t.time), default=changed))
    return chat if chat.created else None


def list_chats(folder: Path, text: str = "") -> list[Chat]:
    """Chats that say this text somewhere (all of them without one), newest first."""
    chats = [c for path in sorted(folder.glob("*.jsonl"), reverse=True) if (c := read_chat(path)) and c.turns]
    words = text.lower().split()
    return [c for c in chats if all(any(w in f"{t.question} {t.answer}".lower() for t in c.turns) for w in words)]


def delete_chat(chat: Chat) -> None:
    """Takes a chat off the disk.

    Raises:
        BddsegError: it cannot be deleted.
    """
    try:
        chat.path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(error, chat.path, "deleted") from error


def _turn(raw: dict[str, Any]) -> Turn:
    candidates = tuple(
        Candidate(image, float(c["score"]), float(c["confidence"]))
        for c in raw.get("candidates", ())
        if (image := _inside(c["image"])) is not None
    )
    known: Sequence[State] = ("done", "failed", "cancelled")
    return Turn(
        number=int(raw["number"]),
        question=sanitize_lines(str(raw["question"])),
        anchors=tuple(sanitize(str(a)) for a in raw.get("anchors", ())),
        fallback=sanitize(str(raw.get("fallback", ""))),
        candidates=candidates,
        image=None if raw.get("image") is None else _inside(raw["image"]),
        answer=sanitize_lines(str(raw.get("answer", ""))),
        score=None if raw.get("score") is None else float(raw["score"]),
        confidence=None if raw.get("confidence") is None else float(raw["confidence"]),
        fits=bool(raw.get("fits", True)),
        stayed=bool(raw.get("stayed", False)),
        state=raw["state"] if raw.get("state") in known else "done",
        problem=sanitize(str(raw.get("problem", ""))),
        time=float(raw.get("time", 0)),
        timings={str(k): float(v) for k, v in raw.get("timings", {}).items()},
    )


def _inside(image: object) -> str | None:
    """The path of an image below its dataset, whatever that is; None for one that would leave it."""
    found = inside(_DATASET, text := str(image))
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # a lone surrogate, which no file is called
        return None
    return None if found is None else os.fspath(found.relative_to(_DATASET))
