"""From a question to an answer about a picture: anchors, their vectors, the best image, and what LLaVA sees in it.

The five steps of the seed notebook: a few-shot prompt makes visual anchors of the question; CLIP embeds them; they are
brought together; the image that fits best is found; LLaVA answers looking at it. Each step is told as it happens.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bddseg_tui.core.data.image_file import read_image
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.events import (
    AnchorsEvent,
    AnsweredEvent,
    CandidatesEvent,
    ImageEvent,
    Item,
    LookingEvent,
    TokenEvent,
    UnsaidEvent,
)
from bddseg_tui.index import prompts
from bddseg_tui.index.llava import CutShort, Llava, TakenBack
from bddseg_tui.index.query import Anchors, Ask, CancelledError, Emit, make_anchors, teller, turn_of
from bddseg_tui.index.search import Hit, Searcher
from bddseg_tui.index.search_language import Phrase, anchor_phrase
from bddseg_tui.index.second_look import second_look

__all__ = ["Ask", "CancelledError", "ask", "found_item", "looking"]
_LOOK = (672, 672)
"""Size at which a picture is at least decoded for LLaVA."""


@dataclass
class _Clock:
    timings: dict[str, float] = field(default_factory=dict)
    _start: float = field(default_factory=time.monotonic)
    _last: float = field(default_factory=time.monotonic)

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.timings[name] = round(now - self._last, 4)
        self._last = now

    def total(self) -> dict[str, float]:
        return {**self.timings, "total": round(time.monotonic() - self._start, 4)}


def ask(
    request: Ask,
    searcher: Callable[[], Searcher],
    llava: Callable[[], Llava],
    root: Path,
    emit: Emit,
    cancelled: Callable[[], bool],
) -> AnsweredEvent:
    """Answers a question; `emit` is told every step, as it happens.

    Raises:
        CancelledError: it was asked to stop.
        BddsegError: a step failed in a way that a person can act upon.
    """
    clock = _Clock()

    def step(name: str) -> None:
        clock.lap(name)
        if cancelled():
            raise CancelledError

    if not prompts.clean_question(request.question):
        raise BddsegError("there is no question")
    turn = turn_of(request, llava, emit, cancelled)
    request = turn.request
    if request.image is not None and turn.stays:
        step("topic")
        return _answer(request, request.image, None, llava, root, emit, cancelled, clock)
    step("topic")
    made = Anchors(list(request.anchors) if request.mode == "search" else [])
    if not made.names:
        made = make_anchors(request.question, llava, emit, cancelled)
    else:
        emit(AnchorsEvent(anchors=tuple(made.names)))
    anchors, gone = made.names, made.gone
    step("anchors")
    phrases = [anchor_phrase(a) for a in anchors]
    hits = _search(phrases, request, turn.seen, searcher()) if phrases else []
    emit(CandidatesEvent(items=tuple(found_item(h, root) for h in hits)))
    step("search")
    if request.second_look and hits and not made.unknown and gone is None:
        hits = second_look(hits, phrases, llava(), root, request.second_look, looking(emit), cancelled)
        emit(CandidatesEvent(items=tuple(found_item(h, root) for h in hits)))
        step("second_look")
    if made.unknown:
        return _say(made.unknown, emit, clock)
    if not hits:
        raise BddsegError("the filter leaves no image of the index: clear it")
    if hits[0].verdict == "nothing":
        return _say_nothing_fits(anchors, hits[0], len(searcher().images), emit, clock)
    if gone is not None:
        raise gone
    return _answer(request, hits[0].image, hits[0], llava, root, emit, cancelled, clock, anchors, fresh=True)


def _search(phrases: list[Phrase], request: Ask, seen: bytes | None, searcher: Searcher) -> list[Hit]:
    hits = searcher.by_phrases(phrases, request.top + (seen is not None), request.allowed, request.fusion)
    return [h for h in hits if h.image != seen][: request.top]


def _answer(
    request: Ask,
    image: bytes,
    hit: Hit | None,
    llava: Callable[[], Llava],
    root: Path,
    emit: Emit,
    cancelled: Callable[[], bool],
    clock: _Clock,
    anchors: Sequence[str] = (),
    fresh: bool = False,
) -> AnsweredEvent:
    path = root / os.fsdecode(image)
    emit(ImageEvent(image=os.fsdecode(image), path=os.fspath(path)))
    picture = None if request.mode == "blind" else read_image(path, at_least=_LOOK)
    facts = request.facts(image) if request.facts else None
    history = () if fresh else request.history
    model = llava()
    question = model.vocabulary.corrected(request.question) if model.vocabulary else request.question
    messages = prompts.answer_messages(question, history, facts)
    tell = teller(emit)
    parts: list[str] = []
    cut: CutShort | None = None
    for piece in model.stream(messages, picture, request.answer_tokens, cancelled):
        if cancelled():
            raise CancelledError
        if isinstance(piece, str):
            if not parts:
                clock.lap("first_token")
            parts.append(piece)
            emit(TokenEvent(text=piece))
        elif isinstance(piece, TakenBack):
            parts.clear()
            emit(UnsaidEvent())
        elif isinstance(piece, CutShort):
            cut = piece
        else:
            tell(piece)
    if cancelled():
        raise CancelledError
    clock.lap("answer")
    answer = "".join(parts).strip() or "(LLaVA said nothing)"
    return AnsweredEvent(
        answer=answer,
        image=os.fsdecode(image),
        path=os.fspath(path),
        score=None if hit is None else round(hit.score, 4),
        confidence=None if hit is None else round(hit.confidence, 4),
        fits=True,
        doubt=_doubt(hit, anchors),
        timings=clock.total(),
        problem="" if cut is None else cut.message,
        complete=cut is None or cut.why == "limit",
    )


def _say_nothing_fits(anchors: Sequence[str], nearest: Hit, count: int, emit: Emit, clock: _Clock) -> AnsweredEvent:
    wanted = "; ".join(anchors)
    stem = Path(os.fsdecode(nearest.image)).stem
    answer = (
        f"None of the {count:,} images seems to show “{wanted}”. "
        f"The nearest is {stem}, at a confidence of {nearest.confidence:.0%}."
    )
    return _say(answer, emit, clock)


def _say(answer: str, emit: Emit, clock: _Clock) -> AnsweredEvent:
    """An answer of ours about no picture."""
    emit(TokenEvent(text=answer))
    return AnsweredEvent(
        answer=answer, image=None, path=None, score=None, confidence=None, fits=False, timings=clock.total()
    )


def _doubt(hit: Hit | None, anchors: Sequence[str]) -> str:
    if hit is None or hit.verdict == "fits":
        return ""
    wanted = "; ".join(anchors)
    return f"this is the nearest, at {hit.confidence:.0%}: I can't tell whether it shows “{wanted}”"


def looking(emit: Emit) -> Callable[[int, int], None]:
    """Tells of each image that the model looks at once more."""
    return lambda done, total: emit(LookingEvent(done=done, total=total))


def found_item(hit: Hit, root: Path) -> Item:
    """A hit as events have it."""
    image = os.fsdecode(hit.image)
    return Item(
        name=Path(image).stem,
        image=image,
        path=os.fspath(root / image),
        score=round(hit.score, 4),
        confidence=round(hit.confidence, 4),
        verdict=hit.verdict,
        duplicates=tuple(os.fsdecode(d) for d in hit.duplicates),
        seen=None if hit.seen is None else round(hit.seen, 4),
    )
