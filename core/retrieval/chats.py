"""Chats on disk: one file each, a line a turn, so that nothing said is lost and any app can read it.

A turn that is asked again is appended under its old number; the last line of a number counts.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from core.atomic import write_text
from core.errors import BddsegError
from core.sanitize import sanitize, sanitize_lines, sanitize_path

State = Literal["done", "failed", "cancelled"]


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
    """Writes a turn and returns the chat with it.

    Raises:
        BddsegError: the disk is full or the workspace cannot be written.
    """
    turn = turn if turn.time else replace(turn, time=round(time.time(), 3))
    lines = [] if chat.path.exists() else [{"chat": 1, "dataset": chat.dataset, "created": chat.created}]
    data = "".join(json.dumps(line) + "\n" for line in [*lines, asdict(turn)])
    try:
        with chat.path.open("ab") as file:
            if file.tell() and not _ends_whole(chat.path):
                file.write(b"\n")
            file.write(data.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BddsegError(f"the chat cannot be kept ({error.strerror}): {sanitize_path(chat.path)}") from error
    return chat.with_turn(turn)


def read_chat(path: Path) -> Chat | None:
    """A chat from its file; lines that make no sense are left out. None where it is no chat at all."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
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
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return chat if chat.created else None


def list_chats(folder: Path, text: str = "") -> list[Chat]:
    """Chats that say this text somewhere (all of them without one), newest first."""
    chats = [c for path in sorted(folder.glob("*.jsonl"), reverse=True) if (c := read_chat(path)) and c.turns]
    words = text.lower().split()
    return [c for c in chats if all(any(w in f"{t.question} {t.answer}".lower() for t in c.turns) for w in words)]


def delete_chat(chat: Chat) -> None:
    """Takes a chat off the disk."""
    chat.path.unlink(missing_ok=True)


def export_markdown(chat: Chat, root: Path, to: Path) -> Path:
    """Writes a chat as `chat.md` into the folder `to`, with the pictures it is about beside it.

    Raises:
        BddsegError: the folder cannot be written.
    """
    lines = [f"# {_escape(chat.title)}", "", f"Dataset: {_escape(chat.dataset)}", ""]
    try:
        (to / "images").mkdir(parents=True, exist_ok=True)
        for turn in chat.turns:
            lines += [f"## {_escape(turn.question)}", ""]
            if turn.anchors:
                lines += ["Anchors: " + ", ".join(f"`{a.replace('`', '')}`" for a in turn.anchors), ""]
            if turn.image is not None:
                lines += _picture(turn.image, root, to)
            if turn.problem:
                lines += [f"*{_escape(turn.problem)}*", ""]
            lines += [_escape(turn.answer), ""]
        write_text(to / "chat.md", "\n".join(lines))
    except OSError as error:
        raise BddsegError(f"{sanitize_path(to)} cannot be written ({error.strerror}): name another folder") from error
    return to / "chat.md"


def _picture(image: str, root: Path, to: Path) -> list[str]:
    source = root / image
    safe = re.sub(r"[^\w.-]", "_", Path(image).name)
    try:
        shutil.copyfile(source, to / "images" / safe)
    except OSError:
        return [f"({_escape(sanitize_path(Path(image)))} is gone)", ""]
    return [f"![{_escape(sanitize_path(Path(image).stem))}](images/{safe})", ""]


def _escape(text: str) -> str:
    plain = re.sub(r"([\\`*_\[\]#|!])", r"\\\1", sanitize_lines(text))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _turn(raw: dict[str, Any]) -> Turn:
    candidates = tuple(
        Candidate(str(c["image"]), float(c["score"]), float(c["confidence"])) for c in raw.get("candidates", ())
    )
    known: Sequence[State] = ("done", "failed", "cancelled")
    return Turn(
        number=int(raw["number"]),
        question=sanitize_lines(str(raw["question"])),
        anchors=tuple(sanitize(str(a)) for a in raw.get("anchors", ())),
        fallback=sanitize(str(raw.get("fallback", ""))),
        candidates=candidates,
        image=None if raw.get("image") is None else str(raw["image"]),
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


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
