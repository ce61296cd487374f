"""Finding chats: a list from the first lines of each, and a search through all that was said, read once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from bddseg_tui.core.retrieval.chats import Chat, read_chat

_HEAD = 64 << 10
"""Bytes of a chat's file that are looked at for its title."""


@dataclass(frozen=True)
class ChatSummary:
    """A chat in a list. `said` is what it says around the words that were searched for."""

    path: Path
    created: float
    title: str
    said: str = ""


class ChatSearch:
    """The chats in a folder. Any thread may ask; what was said is read at the first search and kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._texts: dict[Path, tuple[ChatSummary, str]] = {}

    def all(self) -> list[ChatSummary]:
        """Every chat that says something, newest first, by its first lines."""
        found = (_summary(path) for path in sorted(self._folder.glob("*.jsonl"), reverse=True))
        return [s for s in found if s is not None]

    def find(self, text: str, cancelled: Callable[[], bool] = lambda: False) -> list[ChatSummary]:
        """The chats that say each of these words somewhere, newest first; nothing once it is `cancelled`."""
        words = text.lower().split()
        found = list[ChatSummary]()
        with self._lock:
            for path in sorted(self._folder.glob("*.jsonl"), reverse=True):
                if cancelled():
                    return []
                if path not in self._texts:
                    self._texts[path] = _text(path)
                summary, said = self._texts[path]
                lowered = said.lower()
                if summary.title and all(w in lowered for w in words):
                    found.append(ChatSummary(path, summary.created, summary.title, _around(said, lowered, words)))
        return found


def _summary(path: Path) -> ChatSummary | None:
    """By its first lines; by all of them where these hold no question."""
    chat = read_chat(path, _HEAD)
    if chat is None or not chat.turns:
        chat = read_chat(path)
    return _of(chat) if chat is not None and (chat.turns or chat.left_out.count) else None


def _text(path: Path) -> tuple[ChatSummary, str]:
    chat = read_chat(path)
    if chat is None or not (chat.turns or chat.left_out.count):
        return ChatSummary(path, 0.0, ""), ""
    return _of(chat), "  ".join(f"{t.question} {t.answer}" for t in chat.turns)


def _of(chat: Chat) -> ChatSummary:
    return ChatSummary(chat.path, chat.created, chat.title)


def _around(said: str, lowered: str, words: list[str]) -> str:
    """What is said around the first of the words, in one line."""
    if not words or len(lowered) != len(said):
        return ""
    start = max(0, lowered.find(words[0]) - 20)
    return ("…" if start else "") + " ".join(said[start : start + 160].split())
