"""The Ask pane: a conversation about the dataset, with the pictures that it is about."""

from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Label

from core.engine import Collection
from core.errors import BddsegError
from core.pictures import PictureRequest
from core.retrieval.chats import Chat, Turn
from core.retrieval.client import LAST, Answering, gathered
from core.retrieval.service import RetrievalService
from core.sanitize import sanitize, sanitize_path
from tui.commands import CHAT, bindings
from tui.panes.chat_files import ChatFiles
from tui.panes.chat_index import ChatIndex
from tui.panes.pane import Pane
from tui.screens.ask import PromptScreen
from tui.screens.one_picture import OnePictureScreen
from tui.screens.retrieval_settings import RetrievalSettingsScreen
from tui.widgets.chat_empty import ChatEmpty
from tui.widgets.question_box import QuestionBox
from tui.widgets.thumbnails import Thumbnails
from tui.widgets.turn_view import TurnView

EVERY_S = 0.5
OF_A_TURN = ("look_at", "edit_anchors", "retry", "search_anew", "copy", "open_in_dataset", "full_picture")
"""Actions that need a question that was asked."""
LAST_TURNS = 30
"""Older turns of a chat that is opened again are not mounted."""


class Turns(VerticalScroll, can_focus=True):
    """The conversation; the pane's keys work while it has the focus."""


class ChatPane(Pane):
    """Asks questions and shows what comes of them."""

    COMMANDS = CHAT
    BINDINGS = bindings(CHAT)

    def __init__(self) -> None:
        super().__init__(id="chat")
        self._chat: Chat | None = None
        self._answering: Answering | None = None
        self._live: TurnView | None = None
        self._chosen: TurnView | None = None
        self._filter = ""
        self.files = ChatFiles(self)
        self.index = ChatIndex(self)

    @property
    def service(self) -> RetrievalService:
        return self.bddseg.engine.retrieval

    @property
    def collection(self) -> Collection | None:
        return self.bddseg.collection

    def compose(self) -> ComposeResult:
        yield Label("", id="chat-head", markup=False)
        yield ChatEmpty(id="chat-empty")
        yield Turns(id="turns")
        yield QuestionBox(id="question")

    def on_mount(self) -> None:
        self.query_one(Turns).display = False
        self.set_interval(EVERY_S, self.index.tick)
        self.index.look()

    def on_shown(self) -> None:
        self.index.look()
        self.query_one(QuestionBox).enter()

    def on_dataset(self) -> None:
        self.action_new_chat()
        self._filter = ""
        self.index.forget()

    def before_command(self) -> None:
        self.screen.set_focus(self.query_one(Turns))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a question is typed, letters are letters, and the footer shows the field's own keys."""
        if isinstance(self.screen.focused, QuestionBox):
            return action not in {c.action.split("(")[0] for c in CHAT}
        return bool(self._chosen) or action not in OF_A_TURN

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
        if self._views() or not self.is_shown:
            return
        focused, turns = self.screen.focused, self.query_one(Turns)
        if self.index.manifest is None and isinstance(focused, QuestionBox):
            self.screen.set_focus(turns)
        elif appeared and focused in (turns, None):
            self.action_type()

    def head(self, doing: str = "") -> None:
        """Writes the line above the conversation."""
        options, words = self.service.options, []
        words.append(self._chat.title if self._chat and self._chat.turns else "new chat")
        if self.index.manifest is not None:
            words.append(f"{self.index.manifest.count:,} images")
        words.append(f"CLIP {sanitize(options.clip)}")
        words.append(f"server {sanitize(options.server)}" if options.server else f"LLaVA {sanitize(options.llava)}")
        words += [f"only {self._filter}"] if self._filter else []
        words += [doing] if doing else []
        self.query_one("#chat-head", Label).update("   ".join(words))

    @on(QuestionBox.Changed)
    def _typing(self) -> None:
        """Loads the models while the first question is being typed."""
        self.index.warm()

    # -- asking ----------------------------------------------------------------------------------------------

    @on(QuestionBox.Asked)
    async def _asked(self, event: QuestionBox.Asked) -> None:
        await self._ask(event.text)

    @on(ChatEmpty.Chosen)
    async def _suggested(self, event: ChatEmpty.Chosen) -> None:
        await self._ask(event.question)

    async def _ask(
        self,
        question: str,
        *,
        replaces: TurnView | None = None,
        image: str | None = None,
        anchors: tuple[str, ...] = (),
        mode: str = "auto",
    ) -> None:
        """Asks; what is asked again takes the place of the old turn."""
        collection = self.collection
        if collection is None:
            return
        self.action_stop()
        if self._chat is None:
            self._chat = self.service.new_chat(collection.dataset.root)
        views = self._views()
        number = replaces.turn.number if replaces else max((v.turn.number for v in views), default=0) + 1
        before = [v.turn for v in views if v.turn.number < number and v.turn.state == "done"]
        last = before[-1] if before else None
        if mode == "auto" and last is not None and last.image is not None:
            image, anchors = last.image, last.anchors
        stays = mode == "stay"
        turn = Turn(number, sanitize(question), anchors if stays else (), image=None, stayed=False)
        view = TurnView(turn, collection.dataset.root, live=True)
        turns = self.query_one(Turns)
        self.query_one(ChatEmpty).display, turns.display = False, True
        if replaces is not None:
            await turns.mount(view, after=replaces)
            await replaces.remove()
        else:
            await turns.mount(view)
        await self._choose(view)
        self._live = view
        history = [(t.question, t.answer) for t in before if t.image == image and t.fits][-4:]
        request = {"image": image, "anchors": anchors, "history": history, "mode": mode, "filter_text": self._filter}
        self._run(view, collection, question, request)

    @work(thread=True, exclusive=True, group="answer", exit_on_error=False)
    def _run(self, view: TurnView, collection: Collection, question: str, request: dict[str, Any]) -> None:
        try:
            from tui.panes.dataset import DatasetPane

            evaluation = self.app.query_one(DatasetPane).evaluation
            answering = self.service.ask(collection, question, evaluation=evaluation, **request)
            self._answering = answering
            for event in gathered(answering):
                self._tell(view, event)
        except BddsegError as error:
            self._tell(view, {"event": "error", "message": str(error)})

    def _tell(self, view: TurnView, event: dict[str, Any]) -> None:
        self.app.call_from_thread(self._event, view, event)  # type: ignore[arg-type]  # a coroutine is awaited

    async def _event(self, view: TurnView, event: dict[str, Any]) -> None:
        if not view.is_attached:
            return
        turns = self.query_one(Turns)
        at_end = turns.max_scroll_y - turns.scroll_y < 3
        await view.apply(event)
        if event["event"] in LAST:
            self._live = None
            self._keep(view.turn)
        if at_end or event["event"] in ("candidates", "image"):
            self.call_after_refresh(turns.scroll_end, animate=False)

    @work(thread=True, group="keep", exit_on_error=False)
    def _keep(self, turn: Turn) -> None:
        if self._chat is not None:
            self._chat = self.service.keep(self._chat, turn)
            self.app.call_from_thread(self.head)

    def action_stop(self) -> None:
        """Stops the answer under way; the models may go on for a moment, but nobody waits for them."""
        if self._answering is not None and self._live is not None:
            self._answering.cancel()

    @on(QuestionBox.Left)
    def _left(self) -> None:
        if self._live is not None:
            self.action_stop()
        else:
            self.screen.set_focus(self.query_one(Turns) if self._views() else self._empty_focus())

    def _empty_focus(self) -> Any:
        suggestions = self.query_one("#suggestions")
        return suggestions if suggestions.display else self.query_one(Turns)

    # -- moving ----------------------------------------------------------------------------------------------

    def _views(self) -> list[TurnView]:
        return list(self.query(TurnView))

    async def _choose(self, view: TurnView) -> None:
        before, self._chosen = self._chosen, view
        self.refresh_bindings()
        if before is not None and before.is_attached and before is not view:
            await before.set_chosen(False)
        await view.set_chosen(True)
        self.query_one(Turns).scroll_to_widget(view, animate=False, top=False)

    async def action_step(self, by: int) -> None:
        views = self._views()
        if self._chosen in views:
            await self._choose(views[max(0, min(views.index(self._chosen) + by, len(views) - 1))])

    def action_candidate(self, by: int) -> None:
        if self._chosen is not None:
            strip = self._chosen.query_one(Thumbnails)
            strip.choose(strip.chosen + by)

    @on(Thumbnails.Clicked)
    def _clicked(self, event: Thumbnails.Clicked) -> None:
        if self._chosen is not None:
            self._chosen.query_one(Thumbnails).choose(event.number)

    def action_type(self) -> None:
        self.query_one(QuestionBox).enter()

    # -- what can be done with a turn ------------------------------------------------------------------------

    async def action_look_at(self) -> None:
        """Asks the chosen question about the chosen candidate."""
        view = self._chosen
        if view is None or not view.turn.candidates:
            return
        candidate = view.turn.candidates[view.query_one(Thumbnails).chosen]
        turn = view.turn
        await self._ask(turn.question, image=candidate.image, anchors=turn.anchors, mode="stay")

    async def action_retry(self) -> None:
        if (view := self._chosen) is not None:
            await self._ask(view.turn.question, replaces=view)

    async def action_search_anew(self) -> None:
        if (view := self._chosen) is not None:
            await self._ask(view.turn.question, mode="search")

    def action_edit_anchors(self) -> None:
        view = self._chosen
        if view is None:
            return

        async def edited(line: str | None) -> None:
            anchors = tuple(a.strip() for a in (line or "").split(";") if a.strip())
            if anchors and view.is_attached:
                await self._ask(view.turn.question, replaces=view, anchors=anchors, mode="search")

        value = "; ".join(view.turn.anchors)
        self.app.push_screen(PromptScreen("Anchors, with ; between them", "forest road; night", value), edited)

    def action_copy(self) -> None:
        if self._chosen is not None and self._chosen.turn.answer:
            self.app.copy_to_clipboard(self._chosen.turn.answer)
            self.notify("copied", timeout=2)

    async def action_open_in_dataset(self) -> None:
        if self._chosen is not None and self.collection is not None and self._chosen.turn.image is not None:
            await self.bddseg.show_image(self.collection.dataset.root / self._chosen.turn.image)

    def action_full_picture(self) -> None:
        if self._chosen is not None and self.collection is not None and self._chosen.turn.image is not None:
            path = self.collection.dataset.root / self._chosen.turn.image
            line = f"{sanitize_path(path.stem)}   {self._chosen.turn.question}"
            self.app.push_screen(OnePictureScreen(PictureRequest(path, None), line))

    # -- chats -----------------------------------------------------------------------------------------------

    def action_new_chat(self) -> None:
        self.action_stop()
        self._chat = self._chosen = self._live = None
        self.refresh_bindings()
        turns = self.query_one(Turns)
        turns.remove_children()
        turns.display, self.query_one(ChatEmpty).display = False, True
        self.index.look()
        if self.is_shown:
            self.query_one(QuestionBox).enter()

    def action_chats(self) -> None:
        self.files.offer()

    async def show_chat(self, chat: Chat) -> None:
        """Shows a chat that was kept."""
        self.action_stop()
        if self.collection is None:
            return
        turns = self.query_one(Turns)
        await turns.remove_children()
        self._chat, root = chat, self.collection.dataset.root
        views = [TurnView(turn, root) for turn in chat.turns[-LAST_TURNS:]]
        await turns.mount_all(views)
        self.query_one(ChatEmpty).display, turns.display = False, True
        await self._choose(views[-1])
        self.screen.set_focus(turns)
        self.head()

    def action_delete_chat(self) -> None:
        if self._chat is not None and self._chat.turns:
            self.files.delete(self._chat)

    def action_export(self) -> None:
        if self._chat is not None and self._chat.turns:
            self.files.export(self._chat)
        else:
            self.notify("there is nothing to export yet", timeout=3)

    # -- settings --------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        def typed(text: str | None) -> None:
            self._filter = text or ""
            self.head()

        title = "Only images that this filter leaves (empty: all)"
        self.app.push_screen(PromptScreen(title, "split:test class:bus>1% tag:night", self._filter, empty=True), typed)

    def action_settings(self) -> None:
        def changed(changes: dict[str, Any] | None) -> None:
            if changes:
                self.service.configure(**changes)
                self.index.look()

        self.app.push_screen(RetrievalSettingsScreen(self.service.options), changed)
