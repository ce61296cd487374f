"""The turns of a chat, one below the other, one of them chosen."""

from pathlib import Path

from textual.containers import VerticalScroll
from textual.message import Message

from bddseg_tui.core.data.pictures import PictureRequest
from bddseg_tui.core.retrieval.requests import Mode
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.tui.ask.commands import TURN
from bddseg_tui.tui.ask.one_picture import OnePictureScreen
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.messages import ShowImage
from bddseg_tui.tui.shared.prompt import PromptScreen


class Conversation(VerticalScroll, can_focus=True):
    """Shows turns. Its keys act on the one that is chosen.

    It posts `Looked` when something else is looked at, and `Again` where a question is to be asked again.
    """

    ACTIONS = TURN
    BINDINGS = bindings(TURN)

    class Looked(Message):
        """Another turn is chosen, or another of its candidates marked."""

    class Again(Message):
        """The question of a turn is to be asked again, in its place or after all others.

        `image`, `anchors`, `mode` and `looks` are as in `asking.Question`; `keeps` says that the candidates stay.
        """

        def __init__(
            self,
            view: TurnView,
            *,
            replaces: bool = False,
            image: str | None = None,
            anchors: tuple[str, ...] = (),
            mode: Mode = "auto",
            keeps: bool = False,
            looks: bool = False,
        ) -> None:
            super().__init__()
            self.view, self.replaces, self.image, self.anchors, self.mode = view, replaces, image, anchors, mode
            self.keeps, self.looks = keeps, looks

    chosen: TurnView | None = None

    @property
    def views(self) -> list[TurnView]:
        """Every turn, oldest first."""
        return list(self.query(TurnView))

    async def show(self, views: list[TurnView]) -> None:
        """Shows these turns and no others, at least one; the last one is chosen."""
        await self.remove_children()
        await self.mount_all(views)
        self.choose(views[-1])

    async def put(self, view: TurnView, replaces: TurnView | None = None) -> None:
        """Shows one turn more, or one in the place of another, and chooses it."""
        await self.mount(view, after=replaces)
        if replaces is not None:
            await replaces.remove()
        self.choose(view)

    def clear(self) -> None:
        """Leaves no turn."""
        self.remove_children()
        self.chosen = None
        self.refresh_bindings()
        self.post_message(self.Looked())

    def choose(self, view: TurnView) -> None:
        """Marks a turn as the one that keys act on, and scrolls to it."""
        before, self.chosen = self.chosen, view
        self.refresh_bindings()
        if before is not None and before.is_attached and before is not view:
            before.set_chosen(False)
        view.set_chosen(True)
        self.scroll_to_widget(view, animate=False, top=False)
        self.post_message(self.Looked())

    def step(self, by: int) -> None:
        """Chooses the turn so many further down."""
        views = self.views
        if self.chosen in views:
            self.choose(views[max(0, min(views.index(self.chosen) + by, len(views) - 1))])

    def step_candidate(self, by: int) -> None:
        """Looks at another candidate of the chosen turn."""
        if self.chosen is not None:
            self.mark(self.chosen.marked + by)

    def mark(self, number: int) -> None:
        """Looks at a candidate of the chosen turn."""
        if self.chosen is not None:
            self.chosen.mark(number)
            self.post_message(self.Looked())

    @property
    def is_at_end(self) -> bool:
        """Whether its end is in sight, so that it should stay there as the answer grows."""
        return self.max_scroll_y - self.scroll_y < 3

    # -- keys ------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Its own actions need a turn; whatever scrolls does not."""
        return self.chosen is not None or action.split("(")[0] not in {c.action.split("(")[0] for c in TURN}

    def action_step(self, by: int) -> None:
        """Chooses the turn so many further down."""
        self.step(by)

    def action_candidate(self, by: int) -> None:
        """Chooses another candidate of the turn."""
        self.step_candidate(by)

    def action_look_at(self) -> None:
        """Asks the question about the candidate that is chosen."""
        view = self.chosen
        if view is not None and view.turn.candidates:
            image = view.turn.candidates[view.marked].image
            self.post_message(self.Again(view, image=image, anchors=view.turn.anchors, mode="stay", keeps=True))

    def action_retry(self) -> None:
        """Asks the question again."""
        if self.chosen is not None:
            self.post_message(self.Again(self.chosen, replaces=True))

    def action_search_anew(self) -> None:
        """Asks the question again, with a new search."""
        if self.chosen is not None:
            self.post_message(self.Again(self.chosen, mode="search"))

    def action_second_look(self) -> None:
        """Asks the question again, and LLaVA of the best candidates whether they fit."""
        if self.chosen is not None:
            anchors = self.chosen.turn.anchors
            self.post_message(self.Again(self.chosen, replaces=True, anchors=anchors, mode="search", looks=True))

    def action_edit_anchors(self) -> None:
        """Asks for other anchors, and searches with them."""
        view = self.chosen
        if view is None:
            return

        def edited(line: str | None) -> None:
            anchors = tuple(a.strip() for a in (line or "").split(";") if a.strip())
            if anchors and view.is_attached:
                self.post_message(self.Again(view, replaces=True, anchors=anchors, mode="search"))

        value = "; ".join(view.turn.anchors)
        self.app.push_screen(PromptScreen("Anchors, with ; between them", "forest road; night", value), edited)

    def action_copy(self) -> None:
        """Copies the answer."""
        if self.chosen is not None and self.chosen.turn.answer:
            self.app.copy_to_clipboard(self.chosen.turn.answer)
            self.notify("copied", timeout=2)

    @property
    def _path(self) -> Path | None:
        return None if self.chosen is None else self.chosen.look(calibrated=True).path

    def action_open_in_dataset(self) -> None:
        """Shows the picture that is looked at in the Dataset pane."""
        if (path := self._path) is not None:
            self.post_message(ShowImage(path))

    def action_full_picture(self) -> None:
        """Shows the picture that is looked at alone."""
        if self.chosen is not None and (path := self._path) is not None:
            line = f"{sanitize_path(path.stem)}   {self.chosen.turn.question}"
            self.app.push_screen(OnePictureScreen(PictureRequest(path, None), line))
