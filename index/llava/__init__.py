"""LLaVA, three ways behind one interface: with transformers in this process, on an OpenAI-compatible server, or `demo`.

`stream(messages, picture, limit, cancelled)` yields the reply in pieces; `cancelled()` is asked all the while.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index.prompts import Message
from bddseg_tui.index.vocabulary import Vocabulary

THINKING_TOKENS = 2048


class OutOfServiceError(BddsegError):
    """What answers is not there, or turns everyone away: asking it again at once would only mean waiting again."""


@dataclass(frozen=True)
class Waiting:
    """Nothing has come for so many seconds."""

    seconds: int


@dataclass(frozen=True)
class Thinking:
    """The model reasons to itself, since so many seconds; that is no part of its answer."""

    seconds: int


@dataclass(frozen=True)
class TakenBack:
    """What was said so far turned out to be the model's reasoning."""


@dataclass(frozen=True)
class CutShort:
    """The last piece of a reply that is not whole: `limit` where it reached its length, `broken` otherwise."""

    why: Literal["limit", "broken"]
    message: str


@dataclass(frozen=True)
class Alternatives:
    """What a token of the reply might have been instead, with probabilities (0..1); only where they were asked for."""

    chances: tuple[tuple[str, float], ...]


def at_limit(tokens: int) -> CutShort:
    """A reply that was longer than it was allowed to be."""
    more = f"`bddseg-tui settings answer_tokens={2 * tokens}` allows more"
    return CutShort("limit", f"the answer was cut at its limit of tokens: {more}")


Piece = str | Waiting | Thinking | TakenBack | CutShort | Alternatives


class Llava(Protocol):
    """What answers. `thinking_tokens`: how long its thoughts may be, where it thinks before it speaks."""

    name: str
    thinking_tokens: int

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The words that it was taught, where it knows few."""
        ...

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[Piece]:
        """The reply to a conversation, of at most `limit` tokens: its words as `str`, and what there is to tell.

        Raises:
            OutOfServiceError: nobody is answered now.
            BddsegError: this cannot be answered; the message says why and what to do.
        """
        ...

    def chance_of_yes(self, messages: Sequence[Message], picture: Image.Image, cancelled: Callable[[], bool]) -> float:
        """How surely (0..1) a question of yes or no about a picture is answered with yes; 0.5 for neither.

        Raises:
            BddsegError: as `stream`.
        """
        ...


def all_said(pieces: Iterable[Piece]) -> str:
    """What was said in the end, whole or not."""
    said = ""
    for piece in pieces:
        if isinstance(piece, TakenBack):
            said = ""
        elif isinstance(piece, str):
            said += piece
    return said


def reply(
    llava: Llava,
    messages: Sequence[Message],
    limit: int,
    cancelled: Callable[[], bool] = lambda: False,
    tell: Callable[[Piece], None] = lambda piece: None,
) -> str:
    """A whole reply to words alone; `tell` is given every piece that is not part of it.

    Raises:
        BddsegError: as `Llava.stream`; also where the reply broke off.
    """
    said = ""
    for piece in llava.stream(messages, None, limit, cancelled):
        if isinstance(piece, str):
            said += piece
        elif isinstance(piece, TakenBack):
            said = ""
        elif isinstance(piece, CutShort) and piece.why == "broken":
            raise BddsegError(piece.message)
        else:
            tell(piece)
    return said.strip()
