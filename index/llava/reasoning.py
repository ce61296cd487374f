"""Telling a model's reasoning from its answer where both come as one text, however it is split into pieces.

DeepSeek, Qwen and others write `<think>...</think>`, Magistral `[THINK]`, Kimi `◁think▷`. Some templates put the
opening mark into the prompt, so that only the closing one is seen.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bddseg_tui.index.llava import Piece, TakenBack, Thinking

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reason", "reflection", "seed:think")
_FINAL = "<|channel|>final<|message|>"
OPENING = (*(f"<{n}>" for n in _NAMES), "[think]", "◁think▷", "<|channel|>analysis<|message|>")
CLOSING = (
    *(f"</{n}>" for n in _NAMES),
    "[/think]",
    "◁/think▷",
    f"<|end|><|start|>assistant{_FINAL}",
    f"<|start|>assistant{_FINAL}",
    _FINAL,
)
"""Marks before and after thoughts, small."""
_MARK = re.compile("|".join(re.escape(m) for m in (*OPENING, *CLOSING)), re.IGNORECASE)
_LONGEST = max(map(len, (*OPENING, *CLOSING)))


@dataclass(frozen=True)
class Stretch:
    """A stretch of a reply: words of the answer, or `thought`; `before` says that all words until here were thought."""

    text: str
    thought: bool = False
    before: bool = False


class ThoughtSplitter:
    """Takes a reply in pieces."""

    def __init__(self) -> None:
        self._held, self._thinking, self._said = "", False, False

    def feed(self, text: str) -> list[Stretch]:
        """The stretches that are certain now."""
        return self._split(self._held + text, last=False)

    def end(self) -> list[Stretch]:
        """What was held back, when nothing more comes."""
        return self._split(self._held, last=True)

    def _split(self, text: str, last: bool) -> list[Stretch]:
        found: list[Stretch] = []
        self._held = ""
        while text:
            mark = _MARK.search(text)
            if mark is None:
                keep = len(text) if last else _certain(text)
                self._held = text[keep:]
                found += self._stretches(text[:keep])
                break
            found += self._stretches(text[: mark.start()])
            closes = mark[0].lower() in CLOSING
            if closes and not self._thinking and self._said:
                found.append(Stretch("", thought=True, before=True))
                self._said = False
            self._thinking = not closes
            text = text[mark.end() :]
        return found

    def _stretches(self, text: str) -> list[Stretch]:
        if not self._thinking and not self._said:
            text = text.lstrip()
        if not text:
            return []
        self._said |= not self._thinking
        return [Stretch(text, thought=self._thinking)]


def _certain(text: str) -> int:
    """How much of the text is sure to hold no part of a mark that is not whole yet."""
    for at in range(max(0, len(text) - _LONGEST), len(text)):
        tail = text[at:].lower()
        if any(mark.startswith(tail) for mark in (*OPENING, *CLOSING)):
            return at
    return len(text)


@dataclass
class Telling:
    """What is told of a reply: the words of its answer as they come, and of its thoughts only how long they take.

    `said` and `thought` are characters so far.
    """

    said: int = 0
    thought: int = 0
    _splitter: ThoughtSplitter = field(default_factory=ThoughtSplitter)
    _since: float | None = None
    _told_s: int = 0

    @property
    def thinking_now(self) -> bool:
        """Whether the last that came was reasoning."""
        return self._since is not None

    def words(self, text: str) -> Iterator[Piece]:
        """Takes words in, which may hold thoughts between their marks."""
        yield from self._tell(self._splitter.feed(text))

    def thoughts(self, text: str) -> Iterator[Piece]:
        """Takes words in that are known to be thoughts."""
        yield from self._tell([Stretch(text, thought=True)])

    def end(self) -> Iterator[Piece]:
        """What was held back, when nothing more comes."""
        yield from self._tell(self._splitter.end())

    def thinking(self) -> Iterator[Piece]:
        """How long the model has been thinking, once a second while it does."""
        seconds = 0 if self._since is None else int(time.monotonic() - self._since)
        if seconds > self._told_s:
            self._told_s = seconds
            yield Thinking(seconds)

    def _tell(self, stretches: Iterable[Stretch]) -> Iterator[Piece]:
        for stretch in stretches:
            if stretch.before:
                self.thought, self.said = self.thought + self.said, 0
                yield TakenBack()
            elif stretch.thought:
                self.thought += len(stretch.text)
                self._since = self._since or time.monotonic()
                yield from self.thinking()
            else:
                self.said += len(stretch.text)
                self._since = None
                yield stretch.text
