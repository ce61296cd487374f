"""The turns of a chat, one below the other, one of them chosen."""

from textual.containers import VerticalScroll
from textual.message import Message

from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.shared.thumbnails import Thumbnails


class Conversation(VerticalScroll, can_focus=True):
    """Shows turns; the keys of the Ask pane work while it has the focus."""

    class Chosen(Message):
        """Another turn was chosen, or none is any more."""

    chosen: TurnView | None = None

    @property
    def views(self) -> list[TurnView]:
        """Every turn, oldest first."""
        return list(self.query(TurnView))

    async def show(self, views: list[TurnView]) -> None:
        """Shows these turns and no others, at least one; the last one is chosen."""
        await self.remove_children()
        await self.mount_all(views)
        await self.choose(views[-1])

    async def put(self, view: TurnView, replaces: TurnView | None = None) -> None:
        """Shows one turn more, or one in the place of another, and chooses it."""
        await self.mount(view, after=replaces)
        if replaces is not None:
            await replaces.remove()
        await self.choose(view)

    def clear(self) -> None:
        """Leaves no turn."""
        self.remove_children()
        self.chosen = None
        self.post_message(self.Chosen())

    async def choose(self, view: TurnView) -> None:
        """Marks a turn as the one that keys act on, and scrolls to it."""
        before, self.chosen = self.chosen, view
        self.post_message(self.Chosen())
        if before is not None and before.is_attached and before is not view:
            await before.set_chosen(False)
        await view.set_chosen(True)
        self.scroll_to_widget(view, animate=False, top=False)

    async def step(self, by: int) -> None:
        """Chooses the turn so many further down."""
        views = self.views
        if self.chosen in views:
            await self.choose(views[max(0, min(views.index(self.chosen) + by, len(views) - 1))])

    def step_candidate(self, by: int) -> None:
        """Marks another candidate of the chosen turn."""
        if self.chosen is not None:
            strip = self.chosen.query_one(Thumbnails)
            strip.choose(strip.chosen + by)

    def on_thumbnails_clicked(self, event: Thumbnails.Clicked) -> None:
        """Marks the candidate under the mouse."""
        if self.chosen is not None:
            self.chosen.query_one(Thumbnails).choose(event.number)

    @property
    def is_at_end(self) -> bool:
        """Whether its end is in sight, so that it should stay there as the answer grows."""
        return self.max_scroll_y - self.scroll_y < 3
