"""The Ask pane: a conversation about the dataset, with the pictures that it is about."""

from pathlib import Path
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Label

from bddseg_tui.core.data.collection import Collection
from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.engine import Engine
from bddseg_tui.core.retrieval.chats import Chat
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.services.retrieval import RetrievalService
from bddseg_tui.tui.ask.asking import ChatAsking
from bddseg_tui.tui.ask.chats import ChatFiles
from bddseg_tui.tui.ask.commands import ASK
from bddseg_tui.tui.ask.conversation import Conversation
from bddseg_tui.tui.ask.empty import ChatEmpty
from bddseg_tui.tui.ask.index import ChatIndex
from bddseg_tui.tui.ask.one_picture import OnePictureScreen
from bddseg_tui.tui.ask.question_box import QuestionBox
from bddseg_tui.tui.ask.settings_screen import RetrievalSettingsScreen
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.pane import Pane
from bddseg_tui.tui.shared.prompt import PromptScreen
from bddseg_tui.tui.shared.thumbnails import Thumbnails

EVERY_S = 0.5
OF_A_TURN = ("look_at", "edit_anchors", "retry", "search_anew", "copy", "open_in_dataset", "full_picture")
"""Actions that need a question that was asked."""
LAST_TURNS = 30
"""Older turns of a chat that is opened again are not mounted."""


class ChatPane(Pane):
    """Asks questions and shows what comes of them."""

    ACTIONS = ASK
    BINDINGS = bindings(ASK)

    def __init__(self, engine: Engine, collection: Collection | None, evaluation: str | None) -> None:
        super().__init__(engine, collection, evaluation, id="chat")
        self.filter_text = ""
        self.asking = ChatAsking(self)
        self.files = ChatFiles(self)
        self.index = ChatIndex(self)

    @property
    def conversation(self) -> Conversation:
        return self.query_one(Conversation)

    @property
    def service(self) -> RetrievalService:
        return self.engine.retrieval

    def compose(self) -> ComposeResult:
        yield Label("", id="chat-head", markup=False)
        yield ChatEmpty(id="chat-empty")
        yield Conversation(id="turns")
        yield QuestionBox(id="question")

    def on_mount(self) -> None:
        self.conversation.display = False
        self.set_interval(EVERY_S, self.index.tick)
        self.index.look()

    def on_shown(self) -> None:
        self.index.look()
        self.query_one(QuestionBox).enter()

    def open(self, collection: Collection) -> None:
        super().open(collection)
        self.action_new_chat()
        self.filter_text = ""
        self.index.forget()

    def before_command(self) -> None:
        self.screen.set_focus(self.conversation)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is typed, letters are letters, and the footer shows the field's own keys."""
        if isinstance(self.screen.focused, QuestionBox):
            return action not in {c.action.split("(")[0] for c in ASK}
        return bool(self.conversation.chosen) or action not in OF_A_TURN

    # -- the index -------------------------------------------------------------------------------------------

    def action_build_index(self) -> None:
        self.index.build()

    def action_stop_build(self) -> None:
        self.index.stop()

    def index_seen(self, appeared: bool, asked: list[str]) -> None:
        """Called when the index was looked at: whether one has appeared, and every question of earlier chats."""
        box = self.query_one(QuestionBox)
        if not box.asked:
            box.asked = list(dict.fromkeys(asked))[-100:]
        self._place_focus(appeared)
        self.head()

    def _place_focus(self, appeared: bool) -> None:
        """Without an index keys build one; as soon as there is one, a question can be typed."""
        conversation, focused = self.conversation, self.screen.focused
        if conversation.views or not self.is_shown:
            return
        if self.index.manifest is None and isinstance(focused, QuestionBox):
            self.screen.set_focus(conversation)
        elif appeared and focused in (conversation, None):
            self.action_type()

    def head(self, doing: str = "") -> None:
        """Writes the line above the conversation."""
        chat, options, words = self.asking.chat, self.index.options, []
        words.append(chat.title if chat and chat.turns else "new chat")
        if self.index.manifest is not None:
            words.append(f"{self.index.manifest.count:,} images")
        words.append(f"CLIP {sanitize(options.clip)}")
        words.append(f"server {sanitize(options.server)}" if options.server else f"LLaVA {sanitize(options.llava)}")
        words += [f"only {self.filter_text}"] if self.filter_text else []
        words += [doing] if doing else []
        self.query_one("#chat-head", Label).update("   ".join(words))

    @on(QuestionBox.Changed)
    def _typing(self) -> None:
        """Loads the models while the first question is being typed."""
        self.index.warm()

    # -- asking ----------------------------------------------------------------------------------------------

    @on(QuestionBox.Asked)
    async def _asked(self, event: QuestionBox.Asked) -> None:
        await self.asking.ask(event.text)

    @on(ChatEmpty.Chosen)
    async def _suggested(self, event: ChatEmpty.Chosen) -> None:
        await self.asking.ask(event.question)

    def action_stop(self) -> None:
        self.asking.stop()

    @on(QuestionBox.Left)
    def _left(self) -> None:
        if self.asking.is_live:
            self.asking.stop()
        else:
            self.screen.set_focus(self.conversation if self.conversation.views else self._empty_focus())

    def _empty_focus(self) -> Any:
        suggestions = self.query_one("#suggestions")
        return suggestions if suggestions.display else self.conversation

    # -- moving ----------------------------------------------------------------------------------------------

    @on(Conversation.Chosen)
    def _turn_chosen(self) -> None:
        self.refresh_bindings()

    async def action_step(self, by: int) -> None:
        await self.conversation.step(by)

    def action_candidate(self, by: int) -> None:
        self.conversation.step_candidate(by)

    def action_type(self) -> None:
        self.query_one(QuestionBox).enter()

    # -- what can be done with a turn ------------------------------------------------------------------------

    async def action_look_at(self) -> None:
        """Asks the chosen question about the chosen candidate."""
        view = self.conversation.chosen
        if view is None or not view.turn.candidates:
            return
        candidate = view.turn.candidates[view.query_one(Thumbnails).chosen]
        turn = view.turn
        await self.asking.ask(turn.question, image=candidate.image, anchors=turn.anchors, mode="stay")

    async def action_retry(self) -> None:
        if (view := self.conversation.chosen) is not None:
            await self.asking.ask(view.turn.question, replaces=view)

    async def action_search_anew(self) -> None:
        if (view := self.conversation.chosen) is not None:
            await self.asking.ask(view.turn.question, mode="search")

    def action_edit_anchors(self) -> None:
        view = self.conversation.chosen
        if view is None:
            return

        async def edited(line: str | None) -> None:
            anchors = tuple(a.strip() for a in (line or "").split(";") if a.strip())
            if anchors and view.is_attached:
                await self.asking.ask(view.turn.question, replaces=view, anchors=anchors, mode="search")

        value = "; ".join(view.turn.anchors)
        self.app.push_screen(PromptScreen("Anchors, with ; between them", "forest road; night", value), edited)

    def action_copy(self) -> None:
        view = self.conversation.chosen
        if view is not None and view.turn.answer:
            self.app.copy_to_clipboard(view.turn.answer)
            self.notify("copied", timeout=2)

    def action_open_in_dataset(self) -> None:
        if (path := self._picture_path()) is not None:
            self.post_message(ShowImage(path))

    def action_full_picture(self) -> None:
        view, path = self.conversation.chosen, self._picture_path()
        if view is not None and path is not None:
            line = f"{sanitize_path(path.stem)}   {view.turn.question}"
            self.app.push_screen(OnePictureScreen(PictureRequest(path, None), line))

    def _picture_path(self) -> Path | None:
        """The image that the chosen answer is about."""
        view = self.conversation.chosen
        if view is None or view.turn.image is None or self.collection is None:
            return None
        return self.collection.dataset.root / view.turn.image

    # -- chats -----------------------------------------------------------------------------------------------

    def action_new_chat(self) -> None:
        self.asking.forget()
        self.conversation.clear()
        self.show_conversation(False)
        self.index.look()
        if self.is_shown:
            self.query_one(QuestionBox).enter()

    def action_chats(self) -> None:
        self.files.offer()

    async def show_chat(self, chat: Chat) -> None:
        """Shows a chat that was kept."""
        if self.collection is None:
            return
        self.asking.forget()
        self.asking.chat, root = chat, self.collection.dataset.root
        self.show_conversation(True)
        await self.conversation.show([TurnView(turn, root) for turn in chat.turns[-LAST_TURNS:]])
        if told := chat.left_out.tell("line", chat.path.name):
            self.notify(sanitize(told), severity="warning", markup=False)
        self.screen.set_focus(self.conversation)
        self.head()

    def show_conversation(self, there: bool) -> None:
        """Shows the conversation, or what stands in its place before the first question."""
        self.conversation.display, self.query_one(ChatEmpty).display = there, not there

    def action_delete_chat(self) -> None:
        chat = self.asking.chat
        if chat is not None and (chat.turns or chat.left_out.count):
            self.files.delete(chat)

    def action_export(self) -> None:
        chat = self.asking.chat
        if chat is not None and chat.turns:
            self.files.export(chat)
        else:
            self.notify("there is nothing to export yet", timeout=3)

    # -- settings --------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        def typed(text: str | None) -> None:
            self.filter_text = text or ""
            self.head()

        title = "Only images that this filter leaves (empty: all)"
        self.app.push_screen(
            PromptScreen(title, "split:test class:bus>1% tag:night", self.filter_text, empty=True), typed
        )

    def action_settings(self) -> None:
        def changed(changes: dict[str, Any] | None) -> None:
            if changes:
                self.index.configure(changes)

        self.app.push_screen(RetrievalSettingsScreen(self.index.options), changed)
