"""Asking: the chat that is shown, and the answer under way in it."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textual import work
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.chats import Chat, Turn
from bddseg_tui.core.retrieval.client import Answering, gathered
from bddseg_tui.core.retrieval.events import AnsweredEvent, FailedEvent, RequestEvent
from bddseg_tui.core.retrieval.requests import Mode
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.shared.attempt import attempt
from bddseg_tui.tui.shared.daemon_thread import in_daemon_thread
from bddseg_tui.tui.shared.worker_errors import tell_failure

SECOND_LOOK = 5
"""Candidates that are looked at again on demand, where the settings name no number."""
HISTORY = 4
"""How many of the turns before about the same image go with a question."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        text: the question.
        number: of its turn in the chat, from 1.
        mode: `auto` (a follow-up stays on the last image, a new topic finds a new one), `stay` on `image`, or `search`
            with `anchors`, or with new ones where there are none.
        image: the image to stay on, relative to the dataset.
        anchors: what to search for.
        history: earlier questions about the same image with their answers.
        looks: LLaVA is asked about the best candidates, though the settings may not say so.
    """

    text: str
    number: int
    mode: Mode
    image: str | None
    anchors: tuple[str, ...]
    history: tuple[tuple[str, str], ...]
    looks: bool = False


def question_after(
    turns: Sequence[Turn],
    text: str,
    *,
    replaces: Turn | None = None,
    image: str | None = None,
    anchors: tuple[str, ...] = (),
    mode: Mode = "auto",
    looks: bool = False,
) -> Question:
    """A question with what the turns before it say; the turn that it replaces counts as not asked."""
    number = replaces.number if replaces else max((t.number for t in turns), default=0) + 1
    before = [t for t in turns if t.number < number and t.state == "done"]
    if mode == "auto" and before and before[-1].image is not None:
        image, anchors = before[-1].image, before[-1].anchors
    history = tuple((t.question, t.answer) for t in before if t.image == image and t.fits)[-HISTORY:]
    return Question(text, number, mode, image, anchors, history, looks)


class LiveAnswer:
    """An answer under way. `cancel` may be called at any time, from any thread: also before the question is sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answering: Answering[AnsweredEvent] | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Stops it; the models may go on for a moment, but nobody waits for them."""
        with self._lock:
            self._cancelled = True
            if self._answering is not None:
                self._answering.cancel()

    def events(self, answering: Answering[AnsweredEvent]) -> Iterator[RequestEvent]:
        """The events of the answer, the last of which says how it ended."""
        with self._lock:
            self._answering = answering
            if self._cancelled:
                answering.cancel()
        yield from gathered(answering)


class Asking(Widget):
    """Asks one question at a time, and keeps what was answered. Shows nothing: it posts what the pane shows."""

    DEFAULT_CSS = "Asking { display: none; }"

    class Event(Message):
        """The retriever has told something about the question of a turn."""

        def __init__(self, view: TurnView, event: RequestEvent) -> None:
            super().__init__()
            self.view, self.event = view, event

    class Kept(Message):
        """A turn is on the disk; the chat has its title by now."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._live: LiveAnswer | None = None
        self._keeping = asyncio.Lock()
        self.chat: Chat | None = None
        """The chat that is shown; None before the first question."""

    @property
    def is_live(self) -> bool:
        """Whether an answer is under way."""
        return self._live is not None

    def forget(self) -> None:
        """Stops, and begins a new chat."""
        self.stop()
        self.chat = self._live = None

    def stop(self) -> None:
        """Stops the answer under way, if there is one."""
        if self._live is not None:
            self._live.cancel()

    async def begin(self, collection: Collection) -> None:
        """Sees to it that there is a chat."""
        self.stop()
        if self.chat is None:
            self.chat = await asyncio.to_thread(self._engine.chats.new, collection.dataset.root)

    def ask(
        self, view: TurnView, collection: Collection, question: Question, filter_text: str, evaluation: str | None
    ) -> None:
        """Asks the question of a turn: `Event` comes with each."""
        self._live = LiveAnswer()
        self._follow(self._live, view, collection, question, filter_text, evaluation)

    @work(exclusive=True, group="answer", exit_on_error=False)
    async def _follow(
        self,
        live: LiveAnswer,
        view: TurnView,
        collection: Collection,
        question: Question,
        filter_text: str,
        evaluation: str | None,
    ) -> None:
        def follow() -> None:
            retrieval = self._engine.retrieval
            looks: dict[str, Any] = (
                {"second_look": retrieval.options.second_look or SECOND_LOOK} if question.looks else {}
            )
            answering = retrieval.ask(
                collection,
                question.text,
                image=question.image,
                anchors=question.anchors,
                history=question.history,
                mode=question.mode,
                filter_text=filter_text,
                evaluation=evaluation,
                **looks,
            )
            for event in live.events(answering):
                self.post_message(self.Event(view, event))

        try:
            await in_daemon_thread(follow, "answer")
        except BddsegError as error:
            self.post_message(self.Event(view, FailedEvent(message=str(error))))

    def ended(self, turn: Turn) -> None:
        """The answer is over: the turn is kept, and `Kept` follows."""
        self._live = None
        self._keep(turn)

    @work(group="keep", exit_on_error=False)
    async def _keep(self, turn: Turn) -> None:
        async with self._keeping:
            if (chat := self.chat) is None:
                return
            kept = await attempt(self, lambda: self._engine.chats.keep(chat, turn))
            if kept is not None and self.chat is chat:
                self.chat = kept
                self.post_message(self.Kept())

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tells what failed in a thread."""
        tell_failure(self, event)
