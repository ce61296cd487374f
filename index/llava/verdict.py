"""From the parts of a reply to what is told of it: the words as they come, and at its end whether they are all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.llava import Alternatives, CutShort, Piece, at_limit
from bddseg_tui.index.llava.chunks import (
    BROKEN,
    FILTER,
    LIMIT,
    Declined,
    Failed,
    Finished,
    Likely,
    Odd,
    Part,
    Said,
    Thought,
)
from bddseg_tui.index.llava.reasoning import Telling
from bddseg_tui.index.llava.server_errors import shortened, transport, where

MOST_CHARACTERS = 20_000


class OnlyThoughtError(BddsegError):
    """All tokens went into reasoning; there may be an answer with more of them."""


class ErrorReplyError(Exception):
    """The server sent an error in the place of a reply, under a status that says all is well."""


@dataclass
class Verdict:
    """What has come of one reply. `limit`: the tokens that it was allowed."""

    url: str
    limit: int
    telling: Telling = field(default_factory=Telling)
    finished: str = ""
    declined: str = ""
    failed: str = ""
    odd: int = 0

    @property
    def begun(self) -> bool:
        """Whether the model has begun to speak or to think."""
        return self.telling.said > 0 or self.telling.thought > 0

    @property
    def full(self) -> bool:
        """Whether it has said more than any answer has."""
        return self.telling.said > MOST_CHARACTERS

    def take(self, parts: Iterable[Part]) -> Iterator[Piece]:
        """The pieces to tell of these parts."""
        for part in parts:
            match part:
                case Said(text):
                    yield from self.telling.words(text)
                case Thought(text):
                    yield from self.telling.thoughts(text)
                case Finished(reason):
                    self.finished = reason
                case Declined(text):
                    self.declined += text[:1000]
                case Failed(words):
                    self.failed = self.failed or words or "an error without words"
                case Likely(chances):
                    yield Alternatives(chances)
                case Odd():
                    self.odd += 1

    def end(self, ended: bool, error: Exception | None = None) -> Iterator[Piece]:
        """The last pieces.

        Args:
            ended: the server said that this was all.
            error: what broke the connection.

        Raises:
            ErrorReplyError: there is an error and nothing else.
            OnlyThoughtError: the limit was spent on reasoning.
            BddsegError: there is no answer; it says why.
        """
        yield from self.telling.end()
        problem = self._problem(ended, error)
        if problem is None:
            if not self.telling.said:
                raise self._empty()
        elif isinstance(problem, CutShort) and self.telling.said:
            yield problem
        elif isinstance(problem, CutShort):
            raise self._empty() if problem.why == "limit" else BddsegError(problem.message)
        else:
            raise problem

    def _problem(self, ended: bool, error: Exception | None) -> CutShort | Exception | None:
        place = where(self.url)
        if self.failed:
            if not self.telling.said and not self.telling.thought:
                return ErrorReplyError(self.failed)
            return CutShort("broken", f"{place} failed in the middle of the answer: {shortened(self.failed)}")
        if self.full:
            return CutShort("limit", f"the answer was cut after {MOST_CHARACTERS:,} characters")
        if self.finished in LIMIT:
            return at_limit(self.limit)
        if self.finished in FILTER:
            words = f": {shortened(self.declined)}" if self.declined else ""
            return CutShort("broken", f"the content filter of {place} ended the answer{words}")
        if self.finished in BROKEN:
            return CutShort("broken", f"{place} failed in the middle of the answer ({sanitize(self.finished)[:40]})")
        if self.finished or ended:
            return None
        if error is not None:
            gone = transport(self.url, error)
            return CutShort("broken", f"the answer is incomplete: {gone}") if self.begun else gone
        if self.begun:
            return CutShort("broken", f"{place} ended the connection in the middle of the answer: it is incomplete")
        return None

    def _empty(self) -> BddsegError:
        place = where(self.url)
        if self.declined:
            return BddsegError(f"the model of {place} will not answer: {shortened(self.declined)}")
        if self.telling.thought:
            return OnlyThoughtError(
                f"the model of {place} spent its tokens on thinking and came to no answer: allow it more with "
                "`bddseg-tui settings thinking_tokens=8192`, or switch its thinking off there"
            )
        if self.finished in LIMIT:
            return BddsegError(f"{place} used up its tokens and said nothing: is its model a LLaVA?")
        if self.odd:
            return BddsegError(f"{place} gave an answer that makes no sense: does it speak OpenAI's protocol?")
        return BddsegError(f"{place} gave an empty answer: is its model a LLaVA?")
