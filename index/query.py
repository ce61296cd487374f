"""What a question wants: whether it stays on the picture at hand, and by which anchors another is searched for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.events import AnchorsEvent, Step, ThinkingEvent, TopicEvent, WaitingEvent
from bddseg_tui.core.retrieval.requests import Mode
from bddseg_tui.index import prompts
from bddseg_tui.index.anchor_reply import parse_anchors, parse_topic
from bddseg_tui.index.follow_ups import follow_up
from bddseg_tui.index.llava import Llava, OutOfServiceError, Piece, Thinking, Waiting, reply

Emit = Callable[[Step], None]
ANCHOR_TOKENS, TOPIC_TOKENS, ANSWER_TOKENS = 48, 4, 256
FREE_TOKENS = 320
"""For anchors, and for same or new, of a model that may write a sentence before them."""


class CancelledError(Exception):
    """The person pressed Escape."""


@dataclass(frozen=True)
class Ask:
    """A question and where it stands.

    Attributes:
        question: as it was typed.
        image: the picture that the conversation is about (path relative to the dataset), or None.
        anchors: what that picture was found by; or, with mode "search", anchors that a person edited.
        history: earlier questions about that picture, with their answers.
        mode: "auto" lets LLaVA decide whether the question stays on the picture, "search" finds a new one by the
            anchors given (or made), "stay" answers about `image`, "blind" too, without seeing it.
        allowed: images that a filter leaves, or None.
        second_look: how many of the best candidates the model is asked about before one is chosen; 0 for none.
        facts: classes and shares (percent) of an image, or nothing.
    """

    question: str
    image: bytes | None = None
    anchors: tuple[str, ...] = ()
    history: tuple[tuple[str, str], ...] = ()
    mode: Mode = "auto"
    allowed: Sequence[bytes] | None = None
    top: int = 9
    fusion: str = "product"
    facts: Callable[[bytes], list[tuple[str, float]]] | None = None
    answer_tokens: int = ANSWER_TOKENS
    second_look: int = 0


@dataclass(frozen=True)
class Turn:
    """What a question is within the conversation: whether it stays, and on what; `seen` is not to be found again."""

    request: Ask
    stays: bool
    seen: bytes | None = None


def turn_of(request: Ask, llava: Callable[[], Llava], emit: Emit, cancelled: Callable[[], bool]) -> Turn:
    """Asks whether a question stays on its picture, where nobody has said so."""
    if request.image is None or request.mode in ("search", "stay", "blind"):
        return Turn(request, request.mode in ("stay", "blind"))
    model = llava()
    meant = follow_up(request.question) if model.vocabulary else None
    if meant is None and model.vocabulary and model.vocabulary.is_search(request.question):
        turn = Turn(request, stays=False)
    elif meant is None:
        messages = prompts.topic_messages(request.anchors, request.question)
        limit = TOPIC_TOKENS if model.vocabulary else FREE_TOKENS
        turn = Turn(request, parse_topic(reply(model, messages, limit, cancelled, teller(emit))))
    elif meant == "next" and request.anchors:
        turn = Turn(replace(request, mode="search"), stays=False, seen=request.image)
    elif meant == "doubt" and request.history:
        *before, (doubted, _) = request.history
        turn = Turn(replace(request, question=doubted, history=tuple(before)), stays=True)
    else:
        turn = Turn(request, stays=True)
    emit(TopicEvent(same=turn.stays))
    return turn


@dataclass(frozen=True)
class Anchors:
    """Anchors of a question.

    Attributes:
        names: what is searched with; a name that begins with `-` is to be avoided.
        gone: the error of a LLaVA that is not there: it need not be waited for again.
        unknown: what to say instead of an answer where the model was never taught the words of the question.
    """

    names: list[str]
    gone: BddsegError | None = None
    unknown: str = ""


def make_anchors(question: str, llava: Callable[[], Llava], emit: Emit, cancelled: Callable[[], bool]) -> Anchors:
    """Anchors of a question; the question itself, and why, where LLaVA has none to give."""
    fallback, gone, unknown = "", None, ""
    anchors: list[str] = []
    try:
        model = _loaded(llava)
        understood = model.vocabulary.understand(question) if model.vocabulary else None
        # A model that comes with a vocabulary was trained on these very words, and answers with anchors alone.
        examples = prompts.ANCHOR_EXAMPLES if model.vocabulary else prompts.NEGATIVE_EXAMPLES
        limit = ANCHOR_TOKENS if model.vocabulary else FREE_TOKENS
        messages = prompts.anchor_messages(understood.text if understood else question, examples)
        anchors = parse_anchors(reply(model, messages, limit, cancelled, teller(emit)))
        if model.vocabulary and understood:
            anchors = model.vocabulary.supported(anchors, understood.text)
            anchors += [f"-{name}" for name in understood.avoided if anchors]
            unknown = model.vocabulary.unanswerable(understood, anchors)
        elif not anchors:
            fallback = "LLaVA named nothing that a picture could show"
    except OutOfServiceError as error:
        gone, fallback = error, str(error)
    except BddsegError as error:
        fallback = str(error)
    if cancelled():
        raise CancelledError
    if not unknown:
        anchors = anchors or [prompts.clean_question(question)]
    emit(AnchorsEvent(anchors=tuple(anchors), fallback=fallback))
    return Anchors(anchors, gone, unknown)


def _loaded(llava: Callable[[], Llava]) -> Llava:
    try:
        return llava()
    except BddsegError as error:
        raise OutOfServiceError(str(error)) from error


def teller(emit: Emit) -> Callable[[Piece], None]:
    """Tells of pieces that are no words of an answer."""

    def tell(piece: Piece) -> None:
        match piece:
            case Waiting(seconds):
                emit(WaitingEvent(what="the server", seconds=seconds))
            case Thinking(seconds):
                emit(ThinkingEvent(seconds=seconds))

    return tell
