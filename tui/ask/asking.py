"""Asking: a question becomes a turn of the conversation, which fills as the retriever tells what it does."""

import asyncio
from typing import TYPE_CHECKING, Any

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.chats import Chat, Turn
from bddseg_tui.core.retrieval.client import LAST, Answering, gathered
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.tui.ask.turn_view import TurnView

if TYPE_CHECKING:
    from bddseg_tui.tui.ask.pane import ChatPane


class ChatAsking:
    """The chat that is shown, and the answer under way in it."""

    def __init__(self, pane: "ChatPane") -> None:
        self._pane = pane
        self._answering: Answering | None = None
        self._live: TurnView | None = None
        self.chat: Chat | None = None

    @property
    def is_live(self) -> bool:
        """Whether an answer is under way."""
        return self._live is not None

    def forget(self) -> None:
        """Stops, and begins a new chat."""
        self.stop()
        self.chat = self._live = None

    def stop(self) -> None:
        """Stops the answer under way; the models may go on for a moment, but nobody waits for them."""
        if self._answering is not None and self._live is not None:
            self._answering.cancel()

    async def ask(
        self,
        question: str,
        *,
        replaces: TurnView | None = None,
        image: str | None = None,
        anchors: tuple[str, ...] = (),
        mode: str = "auto",
    ) -> None:
        """Asks; what is asked again takes the place of the old turn.

        `mode` is "auto" (a follow-up stays on the last image, a new topic finds a new one), "stay" on `image`, or
        "search" with `anchors`, or with new ones where there are none.
        """
        pane, collection = self._pane, self._pane.collection
        if collection is None:
            return
        self.stop()
        if self.chat is None:
            self.chat = await asyncio.to_thread(pane.service.new_chat, collection.dataset.root)
        turns = [v.turn for v in pane.conversation.views]
        number = replaces.turn.number if replaces else max((t.number for t in turns), default=0) + 1
        before = [t for t in turns if t.number < number and t.state == "done"]
        last = before[-1] if before else None
        if mode == "auto" and last is not None and last.image is not None:
            image, anchors = last.image, last.anchors
        turn = Turn(number, sanitize(question), anchors if mode == "stay" else (), image=None, stayed=False)
        view = TurnView(turn, collection.dataset.root, live=True)
        pane.show_conversation(True)
        await pane.conversation.put(view, replaces)
        self._live = view
        request = {
            "image": image,
            "anchors": anchors,
            "history": [(t.question, t.answer) for t in before if t.image == image and t.fits][-4:],
            "mode": mode,
            "filter_text": pane.filter_text,
            "evaluation": pane.evaluation,
        }
        pane.run_worker(
            lambda: self._run(view, collection, question, request),
            thread=True,
            exclusive=True,
            group="answer",
            exit_on_error=False,
        )

    def _run(self, view: TurnView, collection: Collection, question: str, request: dict[str, Any]) -> None:
        try:
            answering = self._pane.service.ask(collection, question, **request)
            self._answering = answering
            for event in gathered(answering):
                self._tell(view, event)
        except BddsegError as error:
            self._tell(view, {"event": "error", "message": str(error)})

    def _tell(self, view: TurnView, event: dict[str, Any]) -> None:
        self._pane.app.call_from_thread(self._event, view, event)  # type: ignore[arg-type]  # a coroutine is awaited

    async def _event(self, view: TurnView, event: dict[str, Any]) -> None:
        if not view.is_attached:
            return
        conversation, at_end = self._pane.conversation, self._pane.conversation.is_at_end
        await view.apply(event)
        if event["event"] in LAST:
            self._live = None
            self._pane.run_worker(lambda: self._keep(view.turn), thread=True, group="keep", exit_on_error=False)
        if at_end or event["event"] in ("candidates", "image"):
            self._pane.call_after_refresh(conversation.scroll_end, animate=False)

    def _keep(self, turn: Turn) -> None:
        if self.chat is None:
            return
        try:
            self.chat = self._pane.service.keep(self.chat, turn)
        except BddsegError as error:
            told, pane = sanitize(str(error)), self._pane
            pane.app.call_from_thread(lambda: pane.notify(told, severity="error", timeout=10, markup=False))
        else:
            self._pane.app.call_from_thread(self._pane.head)
