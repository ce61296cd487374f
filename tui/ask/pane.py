"""The Ask pane: a conversation about the dataset, with the pictures that it is about."""

from dataclasses import replace
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.dom import DOMNode

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.retrieval.chats import Candidate, Chat, Turn
from bddseg_tui.core.retrieval.events import CandidatesEvent, End, ImageEvent, TokenEvent
from bddseg_tui.core.retrieval.requests import Mode
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.ask.asking import Asking, question_after
from bddseg_tui.tui.ask.chat_view import ChatView
from bddseg_tui.tui.ask.commands import ASK
from bddseg_tui.tui.ask.conversation import Conversation
from bddseg_tui.tui.ask.head_line import head_line
from bddseg_tui.tui.ask.index_watch import IndexState, IndexWatch
from bddseg_tui.tui.ask.introduction import Introduction
from bddseg_tui.tui.ask.question_box import QuestionBox
from bddseg_tui.tui.ask.saved_chats import SavedChats
from bddseg_tui.tui.ask.settings_screen import RetrievalSettingsScreen
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.one_line import OneLine
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import PromptScreen

LAST_TURNS = 30
"""Older turns of a chat that is opened again are not mounted."""


class AskPane(Pane):
    """Asks questions and shows what comes of them."""

    ACTIONS = ASK
    BINDINGS = bindings(ASK)

    def __init__(self, engine: Engine, collection: Collection | None, evaluation: str | None) -> None:
        super().__init__(engine, collection, evaluation, id="ask")
        self.filter_text = ""
        """The filter that leaves what is searched; '' for all images."""

    @property
    def chat_view(self) -> ChatView:
        """All that is seen of a chat."""
        return self.query_one(ChatView)

    @property
    def conversation(self) -> Conversation:
        """The turns."""
        return self.chat_view.conversation

    @property
    def asking(self) -> Asking:
        """The chat that is shown, and the answer under way."""
        return self.query_one(Asking)

    @property
    def index(self) -> IndexState:
        """How the index stood when it was last looked at."""
        return self.query_one(IndexWatch).state

    def compose(self) -> ComposeResult:
        """The line above, and the chat."""
        yield OneLine(id="ask-head")
        yield ChatView(id="chat")
        yield Asking(self.engine)
        yield IndexWatch(self.engine)
        yield SavedChats(self.engine)

    def on_mount(self) -> None:
        """Shows the introduction, and looks at the index."""
        if self.collection is not None:
            self.query_one(IndexWatch).open(self.collection)

    def on_shown(self) -> None:
        """Looks at the index again; letters are keys."""
        self.query_one(IndexWatch).look()
        self.chat_view.focus_keys()

    def open(self, collection: Collection) -> None:
        """Goes over to another dataset, with a new chat."""
        super().open(collection)
        self.action_new_chat()
        self.filter_text = ""
        self.query_one(IndexWatch).open(collection)

    def before_command(self) -> None:
        """Leaves the field for questions."""
        self.chat_view.focus_keys()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is typed, letters are letters, and the footer shows the field's own keys."""
        return not self.chat_view.is_typing or action not in {c.action.split("(")[0] for c in ASK}

    def command_nodes(self) -> list[DOMNode]:
        """The pane, and the turns."""
        return [self, self.conversation]

    # -- the index -------------------------------------------------------------------------------------------

    def action_build_index(self) -> None:
        """Builds the index, or brings it up to date."""
        self.query_one(IndexWatch).build()

    def action_stop_build(self) -> None:
        """Stops the build."""
        self.query_one(IndexWatch).stop_build()

    @on(IndexWatch.Seen)
    def _index_seen(self, event: IndexWatch.Seen) -> None:
        before, now, collection = event.before, event.now, self.collection
        name = sanitize_path(collection.dataset.root.name) if collection else ""
        self.query_one(Introduction).show(name, now)
        status = now.status
        if before.building and status is not None and not status.live and status.state != "finished":
            self.notify(f"the index was not finished: {status.message}", severity="error", markup=False, timeout=10)
        box = self.query_one(QuestionBox)
        if not box.asked:
            box.asked = list(dict.fromkeys(now.asked))[-100:]
        if not self.chat_view.is_typing and self.is_shown:
            self.chat_view.focus_keys()
        self._write_head()
        self.chat_view.calibrated = now.calibrated

    @on(IndexWatch.Loading)
    def _loading(self, event: IndexWatch.Loading) -> None:
        self._write_head(event.what)

    def _write_head(self, doing: str = "") -> None:
        self.query_one(OneLine).update(head_line(self.asking.chat, self.index, self.filter_text, doing))

    def action_type(self) -> None:
        """Goes to the field for questions."""
        self.query_one(QuestionBox).enter()

    @on(QuestionBox.Changed)
    def _typing(self) -> None:
        """Loads the models while the first question is being typed."""
        if self.collection is not None:
            self.query_one(IndexWatch).warm(self.collection)

    # -- asking ----------------------------------------------------------------------------------------------

    @on(QuestionBox.Asked)
    async def _asked(self, event: QuestionBox.Asked) -> None:
        await self._ask(event.text)

    @on(Introduction.Chosen)
    async def _suggested(self, event: Introduction.Chosen) -> None:
        await self._ask(event.question)

    async def _ask(
        self,
        text: str,
        *,
        replaces: TurnView | None = None,
        image: str | None = None,
        anchors: tuple[str, ...] = (),
        mode: Mode = "auto",
        looks: bool = False,
        kept: tuple[Candidate, ...] = (),
    ) -> None:
        """Asks as `asking.question_after` says; what is asked again takes the place of the old turn.

        `kept` are candidates that stay beside a question about one of them.
        """
        collection = self.collection
        if collection is None:
            return
        await self.asking.begin(collection)
        turns = [view.turn for view in self.conversation.views]
        replaced = replaces.turn if replaces else None
        asked = question_after(turns, text, replaces=replaced, image=image, anchors=anchors, mode=mode, looks=looks)
        turn = Turn(asked.number, sanitize(text), anchors if mode == "stay" else (), candidates=kept)
        turn = replace(turn, image=image if mode == "stay" else None)
        before = next((t for t in reversed(turns) if t.number < asked.number and t.image == asked.image), None)
        view = TurnView(turn, collection.dataset.root, live=True, kept=before.candidates if before else ())
        self.chat_view.show_turns(True)
        await self.conversation.put(view, replaces)
        self.chat_view.focus_keys()
        self.asking.ask(view, collection, asked, self.filter_text, self.evaluation)

    @on(Asking.Event)
    async def _event(self, message: Asking.Event) -> None:
        view, event = message.view, message.event
        if not view.is_attached:
            return
        at_end = self.conversation.is_at_end
        await view.apply(event)
        if isinstance(event, End):
            self.asking.ended(view.turn)
        if not isinstance(event, TokenEvent) and view is self.conversation.chosen:
            await self.chat_view.look()
        if at_end or isinstance(event, CandidatesEvent | ImageEvent):
            self.call_after_refresh(self.conversation.scroll_end, animate=False)

    @on(Asking.Kept)
    def _kept(self) -> None:
        self._write_head()

    def action_stop(self) -> None:
        """Stops the answer under way."""
        self.asking.stop()

    @on(Conversation.Again)
    async def _again(self, event: Conversation.Again) -> None:
        await self._ask(
            event.view.turn.question,
            replaces=event.view if event.replaces else None,
            image=event.image,
            anchors=event.anchors,
            mode=event.mode,
            looks=event.looks,
            kept=event.view.turn.candidates if event.keeps else (),
        )

    # -- chats -----------------------------------------------------------------------------------------------

    def action_new_chat(self) -> None:
        """Begins a new chat."""
        self.asking.forget()
        self.conversation.clear()
        self.chat_view.show_turns(False)
        self.query_one(IndexWatch).look()
        if self.is_shown:
            self.chat_view.focus_keys()

    def action_chats(self) -> None:
        """Offers the chats that were kept."""
        if self.collection is not None:
            self.query_one(SavedChats).offer(self.collection)

    @on(SavedChats.Chosen)
    async def _chat_chosen(self, event: SavedChats.Chosen) -> None:
        await self.show_chat(event.chat)

    @on(SavedChats.Deleted)
    def _chat_deleted(self) -> None:
        self.action_new_chat()

    async def show_chat(self, chat: Chat) -> None:
        """Shows a chat that was kept."""
        if self.collection is None:
            return
        self.asking.forget()
        self.asking.chat, root = chat, self.collection.dataset.root
        self.chat_view.show_turns(True)
        await self.conversation.show([TurnView(turn, root) for turn in chat.turns[-LAST_TURNS:]])
        if told := chat.left_out.tell("line", chat.path.name):
            self.notify(sanitize(told), severity="warning", markup=False)
        self.screen.set_focus(self.conversation)
        self._write_head()

    def action_delete_chat(self) -> None:
        """Takes the chat off the disk."""
        chat = self.asking.chat
        if chat is not None and (chat.turns or chat.left_out.count):
            self.query_one(SavedChats).delete(chat)

    def action_export(self) -> None:
        """Writes the chat into a folder."""
        chat = self.asking.chat
        if chat is not None and chat.turns and self.collection is not None:
            self.query_one(SavedChats).export(chat, self.collection)
        else:
            self.notify("there is nothing to export yet", timeout=3)

    # -- settings --------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Asks for the filter that leaves what is searched."""

        def typed(text: str | None) -> None:
            self.filter_text = text or ""
            self._write_head()

        title, example = "Only images that this filter leaves (empty: all)", "split:test class:bus>1% tag:night"
        self.app.push_screen(PromptScreen(title, example, self.filter_text, empty=True), typed)

    def action_settings(self) -> None:
        """Asks for models, server and how to search."""

        def changed(changes: dict[str, Any] | None) -> None:
            if changes:
                self.query_one(IndexWatch).configure(changes)

        self.app.push_screen(RetrievalSettingsScreen(self.index.options), changed)
